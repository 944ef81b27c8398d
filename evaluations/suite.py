"""Runs the requests and tells how many of them came out as expected."""

from collections.abc import Iterator, Sequence

from pydantic_evals import Dataset
from pydantic_evals.reporting import EvaluationReport, ReportCase

from evaluations.evaluators import Answered, ExpectedCalls, NoOtherChanges
from evaluations.requests import Ask, Expected, Observed, Request, RequestCase


async def evaluate(cases: Sequence[RequestCase], ask: Ask, name: str) -> EvaluationReport:
    """One after the other, as a provider would refuse many at once. `name` is for the report."""
    evaluators = [ExpectedCalls(), NoOtherChanges(), Answered()]
    dataset = Dataset[Request, Observed, Expected](cases=cases, evaluators=evaluators)
    return await dataset.evaluate(ask, name=name, max_concurrency=1)


def pass_rate(report: EvaluationReport) -> float:
    """The share of the requests that were held against everything and passed."""
    passed = [case for case in report.cases if not list(_faults(case))]
    return len(passed) / len(report.cases)


def faults(report: EvaluationReport) -> list[str]:
    """A line for each that has not passed: the request, what was looked at, and what is wrong."""
    return [f"{case.name}: {fault}" for case in report.cases for fault in _faults(case)]


def _faults(case: ReportCase) -> Iterator[str]:
    for name, result in case.assertions.items():
        if not result.value:
            yield f"{name}: {result.reason}"
