"""Streams the states of an execution."""

from collections.abc import AsyncGenerator
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.background.executions import Execution
from backend.repositories.background.unit import BackgroundUnits
from backend.repositories.platform.unit import Channel
from backend.services.platform.live_streams import LiveStreams


class ExecutionWatch:
    def __init__(self, uow: BackgroundUnits, streams: LiveStreams) -> None:
        self._uow = uow
        self._streams = streams

    async def states(
        self, execution: Execution, by: Principal, after: int
    ) -> AsyncGenerator[Execution, None]:
        """Yield the caller's execution at each change after the version `after`.

        Ends with its last state, or when the caller's session ends or this process stops. States
        may be skipped. Holds no connection while it waits.
        """
        if execution.version > after:
            yield execution
        with self._streams.subscribe(Channel.EXECUTIONS, str(execution.id)) as heard:
            look = True
            while execution.is_active and await self._streams.go_on(by):
                after = max(after, execution.version)
                if look:
                    found = await self._find(execution.id, by)
                    if found is None:
                        return
                    execution = found
                if execution.version > after:
                    yield execution
                elif execution.is_active:
                    look = await self._streams.hear(heard)

    async def _find(self, execution_id: UUID, by: Principal) -> Execution | None:
        """None if it was deleted meanwhile."""
        async with self._uow.reading(by) as uow:
            return await uow.executions.find(execution_id)
