"""Streams the states of executions."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.background.executions import Execution
from backend.repositories.background.unit import BackgroundUnits
from backend.repositories.platform.unit import Channel
from backend.services.platform.live_streams import LiveStreams, Part
from backend.services.platform.ownership import own_many


class ExecutionWatch:
    """An execution is a part of a stream; its positions are its versions."""

    def __init__(self, uow: BackgroundUnits, streams: LiveStreams) -> None:
        self._uow = uow
        self._streams = streams

    async def states(
        self, execution: Execution, by: Principal, after: int
    ) -> AsyncGenerator[Execution, None]:
        """Yield the caller's execution at each change after the version `after`.

        Ends with its last state, or when the caller's session ends or this process stops. States
        may be skipped.
        """
        if execution.version > _seen(execution, after):
            yield execution
        if not execution.is_active:
            return
        part = self._part(execution.id, execution.version, by)
        async with aclosing(self._streams.follow([part], by)) as news:
            async for each in news:
                if each.row is not None:
                    yield each.row
                if each.row is None or not each.row.is_active:
                    return

    async def parts(
        self, ids: Sequence[UUID], after: Mapping[UUID, int], by: Principal
    ) -> list[Part[Execution]]:
        """Return a part for each of the caller's executions. A new one begins with its state.

        Raises:
            NotFoundError: one of them is not the caller's.
        """
        async with self._uow.reading(by) as uow:
            executions = await own_many(uow.executions, ids, by)
        return [self._part(each.id, _seen(each, after.get(each.id, 0)), by) for each in executions]

    def _part(self, execution_id: UUID, version: int, by: Principal) -> Part[Execution]:
        newer = partial(self._newer, execution_id, by)
        return Part(Channel.EXECUTIONS, "execution", execution_id, version, newer)

    async def _newer(
        self, execution_id: UUID, by: Principal, version: int
    ) -> list[tuple[int, Execution]] | None:
        async with self._uow.reading(by) as uow:
            found = await uow.executions.find(execution_id)
        if found is None or not found.is_open_to(by):
            return None
        return [(found.version, found)] if found.version > version else []


def _seen(execution: Execution, version: int) -> int:
    # After a restore of the database, what was seen may be newer than what there is.
    return version if version <= execution.version else 0
