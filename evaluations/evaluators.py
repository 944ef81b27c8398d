"""What is held against what came of a request."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext

from evaluations.requests import Called, Expected, Observed, Request

Context = EvaluatorContext[Request, Observed, Expected]

_READS = ("find_", "read_", "search", "customer_timeline")


@dataclass
class ExpectedCalls(Evaluator[Request, Observed, Expected]):
    """The expected tools were called in their order, with the expected arguments."""

    def evaluate(self, ctx: Context) -> EvaluationReason:
        missing = _missing(_expected(ctx).calls, iter(ctx.output.calls))
        if missing is None:
            return EvaluationReason(True)
        return EvaluationReason(False, f"no {_written(missing)} in {_all(ctx.output.calls)}")


@dataclass
class NoOtherChanges(Evaluator[Request, Observed, Expected]):
    """No tool was called that changes something, but those that are expected."""

    def evaluate(self, ctx: Context) -> EvaluationReason:
        expected = {call.tool for call in _expected(ctx).calls}
        wrong = [
            call
            for call in ctx.output.calls
            if call.tool not in expected and not call.tool.startswith(_READS)
        ]
        return EvaluationReason(not wrong, f"called {_all(wrong)}" if wrong else None)


@dataclass
class Answered(Evaluator[Request, Observed, Expected]):
    """There is an answer, which says what it should."""

    def evaluate(self, ctx: Context) -> EvaluationReason:
        said = ctx.output.text
        if ctx.output.error is not None or not said.strip():
            return EvaluationReason(False, ctx.output.error or "no answer")
        missing = [each for each in _expected(ctx).says if not _contains(said, each)]
        return EvaluationReason(not missing, f"{missing} not in: {said}" if missing else None)


def _expected(ctx: Context) -> Expected:
    return ctx.metadata or Expected()


def _missing(expected: Iterable[Called], seen: Iterator[Called]) -> Called | None:
    """The first that did not come after those before it."""
    # The iterator goes on where the last one was found, which makes it an order.
    return next((call for call in expected if not any(_fits(each, call) for each in seen)), None)


def _fits(seen: Called, expected: Called) -> bool:
    is_done = seen.tool == expected.tool and not seen.refused
    return is_done and _contains(seen.arguments, expected.arguments)


def _contains(seen: Any, expected: Any) -> bool:
    """Objects may hold more than is expected, and texts and lists may as well."""
    if isinstance(expected, dict):
        return isinstance(seen, dict) and all(
            _contains(seen.get(key), value) for key, value in expected.items()
        )
    return str(expected).casefold() in str(seen).casefold()


def _all(calls: Iterable[Called]) -> str:
    return ", ".join(map(_written, calls)) or "no calls"


def _written(call: Called) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in call.arguments.items())
    return f"{call.tool}({arguments}){' (refused)' if call.refused else ''}"
