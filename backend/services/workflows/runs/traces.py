"""Bounded traces of steps, and the result built from them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.models.assistant.incomplete import IncompleteReason
from backend.models.assistant.message_parts import CallOutcome
from backend.models.assistant.model_usage import Usage
from backend.models.assistant.requests import ToolCallRecord
from backend.models.platform.shortening import shortened
from backend.models.workflows.workflow_runs import (
    StepOutcome,
    StepStatus,
    StepTrace,
    WorkflowResult,
)

MAX_TEXT_CHARACTERS = 50_000
_MAX_ACTION_CHARACTERS = 4_000
_MAX_RESULT_CHARACTERS = 2_000
_MAX_ACTIONS = 100

Traces = Mapping[str, StepTrace | None]
"""The traces by step. None: it was skipped."""


def bounded(actions: Sequence[ToolCallRecord]) -> list[ToolCallRecord]:
    """Shorten long values to their beginnings."""
    return [
        action.model_copy(
            update={"arguments": _cut(action.arguments, {}), "result": _cut(action.result, None)}
        )
        for action in actions[:_MAX_ACTIONS]
    ]


def result_of(traces: Traces, steps: Iterable[StepTrace], last: Iterable[str]) -> WorkflowResult:
    """`steps` are all stored ones, also of crews in a flow; `last` make the output."""
    usage = Usage()
    planned: list[UUID] = []
    last = list(last)
    for step in steps:
        usage.add(step.usage)
        planned += planned_in(step.actions)
    return WorkflowResult(
        output=shortened(said_by(traces, last), MAX_TEXT_CHARACTERS),
        incomplete_reason=incomplete_in(traces, last),
        results={name: _outcome(trace) for name, trace in traces.items()},
        planned=planned,
        usage=usage,
    )


def said_by(traces: Traces, names: Iterable[str]) -> str:
    return "\n\n".join(trace.text for name in names if (trace := traces[name]) is not None)


def incomplete_in(traces: Traces, names: Iterable[str]) -> IncompleteReason | None:
    """Return why one of them ended early; None if all are complete."""
    some = (trace for name in names if (trace := traces[name]) is not None)
    return next((trace.incomplete_reason for trace in some if trace.incomplete_reason), None)


def planned_in(actions: Iterable[ToolCallRecord]) -> list[UUID]:
    """Return the ids of the actions that wait for confirmation."""
    return [
        UUID(action.result["action_id"])
        for action in actions
        if action.outcome is CallOutcome.TO_CONFIRM
    ]


def _outcome(trace: StepTrace | None) -> StepOutcome:
    if trace is None:
        return StepOutcome(status=StepStatus.SKIPPED, text="")
    return StepOutcome(
        status=StepStatus.DONE,
        text=shortened(trace.text, _MAX_RESULT_CHARACTERS),
        incomplete_reason=trace.incomplete_reason,
    )


def _cut(value: Any, empty: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= _MAX_ACTION_CHARACTERS:
        return value
    cut = shortened(text, _MAX_ACTION_CHARACTERS)
    return cut if empty is None else {"cut": cut}
