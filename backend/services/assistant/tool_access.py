"""The tools for programs that bring a language model of their own."""

import asyncio
from typing import cast
from uuid import UUID
from weakref import WeakValueDictionary

from backend.core.permissions import Permission, Principal
from backend.models.assistant.planned_actions import PlannedAction
from backend.models.platform.mixins import new_id
from backend.services.assistant.language_models import OfferedTool, ToolOutcome
from backend.services.assistant.planned_actions import PlannedActionService
from backend.services.assistant.toolbox import MAX_PARALLEL, Toolbox
from backend.services.assistant.tools.base import CallScope, as_agent


class ToolAccess:
    """Each call is by itself: with the rights that the caller has then, and the usual limits."""

    def __init__(self, toolbox: Toolbox, actions: PlannedActionService) -> None:
        self._toolbox = toolbox
        self._actions = actions
        self._slots = WeakValueDictionary[UUID, asyncio.Semaphore]()

    async def offered(self, by: Principal) -> list[OfferedTool]:
        """Return the enabled tools that the caller may use."""
        return await self._toolbox.offered(by, CallScope(new_id()))

    async def call(self, name: str, arguments: dict[str, object], by: Principal) -> ToolOutcome:
        """Call a tool. What the tool refuses is an outcome.

        Raises:
            PermissionDeniedError: the caller may not use it.
            ConflictError: it is switched off, or there is none.
        """
        slot = self._slots.setdefault(by.user_id, asyncio.Semaphore(MAX_PARALLEL))
        async with slot:
            tool = await self._toolbox.offer(name, by, CallScope(new_id()))
            return await tool.call(arguments)

    async def read_action(self, action_id: UUID, by: Principal) -> PlannedAction:
        """Read an action that the caller has planned, or may reach as their own.

        Raises:
            NotFoundError: they have no such action.
            PermissionDeniedError: another key or a person has planned it, and theirs is narrowed.
        """
        action = await self._actions.read(action_id, by)
        if action.credential_id != by.session_id:
            by.require_own(Permission.ASSISTANT_USE)
        return action

    async def confirm(self, action_id: UUID, by: Principal) -> PlannedAction:
        """Do a planned action exactly as it was shown.

        Raises as `read_action` and `PlannedActionService.confirm` do.
        """
        await self.read_action(action_id, by)
        # Without a key, there is no earlier answer.
        return cast(PlannedAction, await self._actions.confirm(action_id, as_agent(by)))
