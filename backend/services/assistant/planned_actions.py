"""Planned actions of the assistant: each is done once, after a person has confirmed it."""

from uuid import UUID

from backend.core.errors import ConflictError, DomainError, StillRunningError
from backend.core.permissions import Principal, SubjectKind
from backend.models.assistant.chat_messages import ChatMessage, MessageRole
from backend.models.assistant.message_parts import (
    CallOutcome,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from backend.models.assistant.planned_actions import ActionStatus, PlannedAction
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.idempotency import (
    Answered,
    IdempotencyKey,
    Outcome,
    Replay,
    Replayed,
)
from backend.models.platform.mixins import now
from backend.repositories.assistant.unit import AssistantUnit, AssistantUnits
from backend.services.assistant.toolbox import Toolbox
from backend.services.platform.completion import completed
from backend.services.platform.ownership import own

_UNKNOWN = "It was interrupted: check whether it was done before you request it again."


class PlannedActionService:
    """A person's own planned actions. Other people's are not found."""

    def __init__(self, uow: AssistantUnits, toolbox: Toolbox) -> None:
        self._uow = uow
        self._toolbox = toolbox

    async def read(self, action_id: UUID, by: Principal) -> PlannedAction:
        """Raises NotFoundError."""
        async with self._uow.reading(by) as uow:
            return await own(uow.planned_actions, action_id, by)

    async def confirm(
        self, action_id: UUID, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[PlannedAction]:
        """Do the planned action exactly as it was shown.

        If the process crashes meanwhile, it is unknown whether it was done: it stays `running`, and
        is not done again.

        Raises:
            NotFoundError: the person has no such action.
            ConflictError: it was confirmed before, or has expired.
            StillRunningError: the same request was sent before, and is still running.
            DomainError: it is no longer possible, or the person may no longer do it.
        """
        async with self._uow(by) as uow:
            match await uow.idempotency.claim(key, action_id):
                case Replay():
                    return Replayed(_done_before(await own(uow.planned_actions, action_id, by)))
                case Answered() as answered:
                    return answered
            action = await own(uow.planned_actions, action_id, by, for_update=True)
            action.begin()
            await _save(uow, action, "confirmed", by)
            await uow.commit()
        result: dict[str, object] | None = None
        error: str | None = _UNKNOWN
        try:
            result = await self._toolbox.perform(action, by)
            error = None
        except DomainError as refused:
            error = refused.detail
            raise
        finally:
            kept = await completed(self._finish(action, by, result, error))
        return kept

    async def _finish(
        self,
        action: PlannedAction,
        by: Principal,
        result: dict[str, object] | None,
        error: str | None,
    ) -> PlannedAction:
        async with self._uow(by) as uow:
            kept = await uow.planned_actions.get(action.id, for_update=True)
            kept.finish(result=result, error=error)
            await _save(uow, kept, "finished", by)
            await _tell_chat(uow, kept)
            await uow.commit()
        return kept


def _done_before(action: PlannedAction) -> PlannedAction:
    if action.status is ActionStatus.RUNNING:
        raise StillRunningError(
            "The action is running; or the server crashed, and it is unknown whether it was done."
        )
    if action.error is not None:
        raise ConflictError(f"The action was not done: {action.error}")
    return action


async def _save(uow: AssistantUnit, action: PlannedAction, verb: str, by: Principal) -> None:
    changes = changes_between({}, {"tool": action.tool, "status": action.status})
    uow.record(
        ResourceChanged(
            kind=SubjectKind.PLANNED_ACTION,
            verb=verb,
            subject_id=action.id,
            by=by,
            changes=changes,
        )
    )
    await uow.planned_actions.save(action)


async def _tell_chat(uow: AssistantUnit, action: PlannedAction) -> None:
    """Add the outcome to the chat in which it was planned."""
    chats = await uow.chats.find_many([action.chat_id] if action.chat_id else [], for_update=True)
    for chat in chats:
        last = await uow.chat_messages.last_position(chat.id)
        chat.last_message_at = now()
        await uow.chat_messages.save(_message(action, chat.id, last + 1))
        await uow.chats.save(chat)


def _message(action: PlannedAction, chat_id: UUID, position: int) -> ChatMessage:
    call_id = f"confirmed_{action.id.hex}"
    failed = action.error is not None
    text = f"Not done: {action.error}" if failed else f"Done, as you have confirmed: {action.plan}"
    return ChatMessage(
        chat_id=chat_id,
        position=position,
        role=MessageRole.ASSISTANT,
        parts=[
            ToolCallPart(call_id=call_id, tool=action.tool, arguments=action.arguments),
            ToolResultPart(
                call_id=call_id,
                tool=action.tool,
                outcome=CallOutcome.REFUSED if failed else CallOutcome.DONE,
                result=action.error if failed else action.result,
            ),
            TextPart(text=text),
        ],
        text=text,
        finished_at=now(),
    )
