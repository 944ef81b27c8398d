"""Builds the API response from an answer and its tool calls."""

from collections.abc import Sequence
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.assistant.chat_messages import ChatMessage
from backend.models.assistant.message_parts import (
    CallOutcome,
    MessagePart,
    ToolCallPart,
    ToolResultPart,
)
from backend.models.assistant.model_usage import Usage
from backend.models.assistant.planned_actions import (
    ActionStatus,
    PlannedAction,
    PlannedActionPublic,
)
from backend.models.assistant.requests import AnswerStatus, AssistantResponse, ToolCallRecord
from backend.repositories.assistant.unit import AssistantUnits
from backend.services.assistant.engine import AssistantAnswer


async def reply_of_answer(
    units: AssistantUnits,
    answer: AssistantAnswer | ChatMessage,
    model: str | None,
    by: Principal,
) -> AssistantResponse:
    """Return the answer as a response; its planned actions are looked up."""
    actions = taken(answer.parts)
    planned = await _planned(units, actions, by)
    return AssistantResponse(
        status=_status(answer, is_planned=bool(planned)),
        text=answer.text,
        output=answer.output,
        incomplete_reason=answer.incomplete_reason,
        actions=actions,
        planned=planned,
        model=model,
        usage=answer.usage,
        chat_id=None,
        message_id=None,
    )


async def reply_of_message(
    units: AssistantUnits, message: ChatMessage, by: Principal
) -> AssistantResponse:
    reply = await reply_of_answer(units, message, message.model, by)
    return reply.model_copy(update={"chat_id": message.chat_id, "message_id": message.id})


async def _planned(
    units: AssistantUnits, actions: Sequence[ToolCallRecord], by: Principal
) -> list[PlannedActionPublic]:
    ids = [
        UUID(action.result["action_id"])
        for action in actions
        if action.outcome is CallOutcome.TO_CONFIRM
    ]
    if not ids:
        return []
    async with units.reading(by) as uow:
        found = {action.id: action for action in await uow.planned_actions.find_many(ids)}
    return [_public(found[action_id]) for action_id in ids if action_id in found]


def _status(answer: AssistantAnswer | ChatMessage, *, is_planned: bool) -> AnswerStatus:
    if is_planned:
        return AnswerStatus.TO_CONFIRM
    return AnswerStatus.INCOMPLETE if answer.incomplete_reason else AnswerStatus.DONE


def taken(parts: Sequence[MessagePart]) -> list[ToolCallRecord]:
    """Return the finished calls in order."""
    calls = {part.call_id: part for part in parts if isinstance(part, ToolCallPart)}
    return [
        ToolCallRecord(
            tool=part.tool,
            arguments=calls[part.call_id].arguments if part.call_id in calls else {},
            outcome=part.outcome,
            result=part.result,
        )
        for part in parts
        if isinstance(part, ToolResultPart)
    ]


def reply_to_confirmation(action: PlannedAction) -> AssistantResponse:
    """The response to a confirmation: no model was asked."""
    done = ToolCallRecord(
        tool=action.tool,
        arguments=action.arguments,
        outcome=CallOutcome.DONE if action.status is ActionStatus.DONE else CallOutcome.REFUSED,
        result=action.result if action.error is None else action.error,
    )
    return AssistantResponse(
        status=AnswerStatus.DONE,
        text=f"Done: {action.plan}" if action.error is None else f"Not done: {action.error}",
        output=None,
        actions=[done],
        planned=[],
        model=None,
        usage=Usage(),
        chat_id=action.chat_id,
        message_id=None,
    )


def _public(action: PlannedAction) -> PlannedActionPublic:
    return PlannedActionPublic.model_validate(action, from_attributes=True)
