"""What happens to an execution, as it happens."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.executions import Execution
from backend.repositories.unit_of_work import Channel, UnitOfWorkFactory
from backend.services.notices import Notices
from backend.services.sessions import SessionService
from backend.services.waiting import heard_unless

_MOST_SECONDS = 1.0
"""Until it is looked whether the session has ended."""


class ExecutionWatch:
    def __init__(
        self,
        uow: UnitOfWorkFactory,
        sessions: SessionService,
        notices: Notices,
        stopped: asyncio.Event,
    ) -> None:
        """`stopped` ends all watching."""
        self._uow = uow
        self._sessions = sessions
        self._notices = notices
        self._stopped = stopped

    async def states(
        self, execution: Execution, by: Principal, after: int
    ) -> AsyncIterator[Execution]:
        """The caller's own execution, each time that it has changed, beyond the version `after`.

        Ends with its last state, or when the session of the caller or this process does. Between
        two states some may be left out. Holds no connection while it waits.
        """
        if execution.version > after:
            yield execution
        with self._notices.subscribe(Channel.EXECUTIONS, str(execution.id)) as heard:
            look = True
            while execution.is_active and await self._goes_on(by):
                after = max(after, execution.version)
                if look:
                    found = await self._find(execution.id)
                    if found is None:
                        return
                    execution = found
                if execution.version > after:
                    yield execution
                elif execution.is_active:
                    look = bool(await heard_unless(self._stopped, heard, _MOST_SECONDS))

    async def _goes_on(self, by: Principal) -> bool:
        return not self._stopped.is_set() and await self._sessions.is_live(by)

    async def _find(self, execution_id: UUID) -> Execution | None:
        """None if it was deleted meanwhile."""
        async with self._uow.reading() as uow:
            return await uow.executions.find(execution_id)
