"""Single requests to the assistant."""

from contextlib import aclosing
from uuid import UUID, uuid5

from backend.core.errors import StillRunningError
from backend.core.permissions import Principal
from backend.models.assistant.requests import AssistantRequest, AssistantResponse, AssistantUsage
from backend.models.assistant.usage_records import Amounts, UsageRecord
from backend.models.platform.idempotency import (
    Answered,
    IdempotencyKey,
    Outcome,
    Replay,
    Replayed,
)
from backend.models.platform.mixins import new_id
from backend.repositories.assistant.unit import AssistantUnits
from backend.services.assistant.briefs import AnswerOptions, AssistantBriefs
from backend.services.assistant.budget import AssistantBudget, start_of_day
from backend.services.assistant.chat_messages import ChatMessageService
from backend.services.assistant.engine import AssistantAnswer, AssistantEngine
from backend.services.assistant.planned_actions import PlannedActionService
from backend.services.assistant.responses import (
    reply_of_answer,
    reply_of_message,
    reply_to_confirmation,
)
from backend.services.assistant.tools.base import CallScope

_KEYS = UUID("3b7d5a52-1f0e-4f0c-9a5e-6a1f2c9d8e70")


class AssistantService:
    def __init__(
        self,
        uow: AssistantUnits,
        runner: AssistantEngine,
        tasks: AssistantBriefs,
        budget: AssistantBudget,
        conversations: ChatMessageService,
        actions: PlannedActionService,
    ) -> None:
        self._uow = uow
        self._runner = runner
        self._tasks = tasks
        self._budget = budget
        self._conversations = conversations
        self._actions = actions

    async def act(
        self, ask: AssistantRequest, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[AssistantResponse]:
        """Answer a request, or do a planned action that is confirmed.

        Raises:
            NotFoundError: the person has no such chat or action.
            InvalidInputError: the request names what does not exist.
            ConflictError: the action was confirmed before, or the chat is being answered.
            LimitReachedError: the person has reached a limit of the day, or the answer a limit of
                one request. ModelFailedError, ModelUnavailableError,
            ModelTimeoutError: there is no answer.
        """
        if ask.confirm is not None:
            return await self._confirm(ask.confirm, by, key)
        text = ask.request or ""
        options = AnswerOptions(
            ask.model_config_id, ask.module_id, ask.prompt, ask.variables, ask.schema_id
        )
        if ask.chat_id is None:
            return await self._answer(text, options, by, key)
        match await self._conversations.send(ask.chat_id, text, by, key, options):
            case Answered() as answered:
                return answered
            case Replayed(reply):
                return Replayed(await reply_of_message(self._uow, await reply.whole(), by))
            case reply:
                return await reply_of_message(self._uow, await reply.whole(), by)

    async def usage(self, by: Principal) -> AssistantUsage:
        """Return the caller's usage of today."""
        async with self._uow.reading(by) as uow:
            used, held = await uow.usage_records.used_by(by.user_id, start_of_day())
        maxima = {f"max_{name}": amount for name, amount in self._budget.day._asdict().items()}
        both = Amounts(
            used.model_calls + held.model_calls,
            used.tokens + held.tokens,
            round(used.seconds + held.seconds, 3),
            used.cost + held.cost,
        )
        return AssistantUsage.model_validate({**both._asdict(), **maxima})

    async def _confirm(
        self, action_id: UUID, by: Principal, key: IdempotencyKey | None
    ) -> Outcome[AssistantResponse]:
        match await self._actions.confirm(action_id, by, key):
            case Answered() as answered:
                return answered
            case Replayed(action):
                return Replayed(reply_to_confirmation(action))
            case action:
                return reply_to_confirmation(action)

    async def _answer(
        self, text: str, options: AnswerOptions, by: Principal, key: IdempotencyKey | None
    ) -> Outcome[AssistantResponse]:
        """Without a chat, only the usage and the response for a key are stored."""
        scope, task = CallScope(_scope_id(key)), None
        if key is None:
            # With a key, what was answered before counts first, whatever the options name by now.
            async with self._uow.reading(by) as reading:
                task = await self._tasks.prepare(reading, text, scope, by, options)
        async with self._uow(by) as uow:
            claim = await uow.idempotency.claim(key, scope.scope_id)
            match claim:
                case Answered():
                    return claim
                case Replay(earlier) if kept := _stored_response(
                    await uow.usage_records.find(earlier)
                ):
                    return Replayed(kept)
            task = task or await self._tasks.prepare(uow, text, scope, by, options)
            run = await self._runner.hold(uow, task, by)
            await uow.idempotency.point_at(key, run.id)
            await uow.commit()
        answer = AssistantAnswer()
        async with aclosing(self._runner.stream(run, task, answer, by)) as events:
            async for _ in events:
                pass
        reply = await reply_of_answer(self._uow, answer, run.model, by)
        if key is not None:
            await self._keep(run.id, reply, by)
        return Replayed(reply) if isinstance(claim, Replay) else reply

    async def _keep(self, run_id: UUID, reply: AssistantResponse, by: Principal) -> None:
        async with self._uow(by) as uow:
            run = await uow.usage_records.get(run_id, for_update=True)
            run.answer = reply.model_dump(mode="json")
            await uow.usage_records.save(run)
            await uow.commit()


def _scope_id(key: IdempotencyKey | None) -> UUID:
    """The same id for a retry: rows created before a crash are not created twice."""
    return new_id() if key is None else uuid5(_KEYS, f"{key.user_id} {key.key} {key.fingerprint}")


def _stored_response(run: UsageRecord | None) -> AssistantResponse | None:
    """Return the earlier response; None if it failed. Raises StillRunningError."""
    if run is None:
        return None
    if run.is_at_work:
        raise StillRunningError("The same request is being answered; try again in a moment.")
    return None if run.answer is None else AssistantResponse.model_validate(run.answer)
