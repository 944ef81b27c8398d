"""Keeps planned actions until a person confirms them."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID, uuid5

from pydantic import BaseModel

from backend.core.permissions import Principal, SubjectKind
from backend.models.assistant.planned_actions import PlannedAction
from backend.models.platform.domain_events import changes_between
from backend.models.platform.mixins import now
from backend.repositories.assistant.unit import AssistantUnit, AssistantUnits
from backend.services.assistant.tools.base import CallScope, ToolContext
from backend.services.platform.change_events import created, updated

_ACTIONS = UUID("5b0f6a52-7c1e-4d0c-8a4e-9b1f2c3d4e5f")


class Plans:
    def __init__(self, uow: AssistantUnits, confirm_within: timedelta) -> None:
        self._uow = uow
        self._confirm_within = confirm_within

    async def keep(
        self, tool: str, given: BaseModel, plan: str, context: ToolContext, scope: CallScope
    ) -> PlannedAction:
        """Return the action, which is stored once. One that has expired is planned again."""
        by = context.by
        planned = PlannedAction(
            # The same when the call is repeated after a crash.
            id=uuid5(_ACTIONS, context.key.key),
            owner_id=by.user_id,
            credential_id=by.session_id,
            tool=tool,
            arguments=given.model_dump(mode="json"),
            plan=plan,
            expires_at=now() + self._confirm_within,
            chat_id=scope.chat_id,
        )
        async with self._uow(by) as uow:
            for earlier in await uow.planned_actions.find_many([planned.id], for_update=True):
                if earlier.is_expired:
                    await self._plan_again(uow, earlier, plan, by)
                    await uow.commit()
                return earlier
            await uow.planned_actions.save(planned)
            uow.record(created(SubjectKind.PLANNED_ACTION, planned, by))
            await uow.commit()
        return planned

    async def wait_from_now(self, action_ids: Collection[UUID], by: Principal) -> None:
        """Let those that nobody has confirmed wait from now on, as only now a person is told."""
        if not action_ids:
            return
        async with self._uow(by) as uow:
            for action in await uow.planned_actions.find_many(action_ids, for_update=True):
                if action.is_unconfirmed:
                    await self._plan_again(uow, action, action.plan, by)
            await uow.commit()

    async def _plan_again(
        self, uow: AssistantUnit, action: PlannedAction, plan: str, by: Principal
    ) -> None:
        before = action.facts()
        action.plan_again(plan, now() + self._confirm_within, by.session_id)
        changes = changes_between(before, action.facts(), action.private_fields())
        await uow.planned_actions.save(action)
        uow.record(updated(SubjectKind.PLANNED_ACTION, action, changes, by))
