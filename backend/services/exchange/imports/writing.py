"""Checks rows or writes them, in one transaction or in many."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple
from uuid import UUID

from backend.core.errors import (
    ConflictError,
    InvalidInputError,
    LockedError,
    TransactionLostError,
)
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.repositories.exchange.unit import ExchangeUnit, ExchangeUnits
from backend.services.background.kinds import ExecutionContext, TryAgainError
from backend.services.exchange.imports.parsing import ParsedRow
from backend.services.exchange.imports.planning import Plan, Planner
from backend.services.exchange.imports.resources import Resource
from backend.services.exchange.imports.tally import Tally

MAX_IDS = 1_000
"""The number of ids in one event. Larger imports record several."""

_ATTEMPTS = 3
_PAUSE_SECONDS = 1.0

Batch = Sequence[ParsedRow]


class StagedBatch(NamedTuple):
    """A batch and its plan, made without locks."""

    rows: Batch
    plan: Plan


Staged = AbstractAsyncContextManager[AsyncIterator[StagedBatch]]


class _Written(NamedTuple):
    row_id: str
    is_new: bool


async def attempted(work: Callable[[], Awaitable[Tally]]) -> Tally:
    """Retry the work up to twice on conflicts with others.

    Raises:
        ConflictError, InvalidInputError: somebody else keeps changing the same rows.
        TryAgainError: somebody else keeps the rows locked.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await work()
        except (ConflictError, InvalidInputError):
            # It was possible a moment ago. Planning again shows which row is concerned.
            if attempt == _ATTEMPTS:
                raise
        except (LockedError, TransactionLostError) as error:
            if attempt == _ATTEMPTS:
                raise TryAgainError("Others are changing the same rows.") from error
            await asyncio.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last attempt returns or raises")


class RowWriter:
    def __init__(
        self, uow: ExchangeUnits, resource: Resource[Any], planner: Planner, run: ExecutionContext
    ) -> None:
        self._uow = uow
        self._resource = resource
        self._planner = planner
        self._run = run

    async def check(self, batch: Batch) -> Plan:
        """Plan a batch without locks."""
        async with self._uow.reading(self._run.by) as uow:
            return await self._planner.plan(uow, batch)

    async def write(self, batch: Batch) -> Tally:
        """Write the valid rows of a batch, in one transaction.

        Raises:
            ConflictError, InvalidInputError, TryAgainError: somebody else keeps changing the same
                rows.
        """
        return await attempted(lambda: self._write(batch))

    async def write_all(self, staged: Callable[[], Staged]) -> Tally:
        """Write all batches in one transaction; nothing if a row can't be written.

        The plans are read from the local disk, without waiting for others. New rows are written
        first, so that existing ones are locked for a short time. Batches with rows that somebody
        else has changed meanwhile are planned again under the lock.

        Args:
            staged: the batches, in the same order at each call.

        Raises:
            ConflictError, InvalidInputError: somebody else has taken the key of a row, or deleted a
                row that it refers to.
        """
        tally = Tally()
        async with self._uow(self._run.by) as uow:
            rows, versions = self._resource.rows(uow), dict[UUID, int]()
            async with staged() as batches:
                async for _, plan in batches:
                    await rows.insert_all(plan.new)
                    versions |= {row["id"]: row["version"] for row in plan.changed}
            moved = await rows.lock_versions(versions)
            written: list[_Written] = []
            async with staged() as batches:
                async for batch, plan in batches:
                    present = await self._present(uow, batch, plan, moved)
                    tally.add(present.tally)
                    if tally.failed:
                        return tally
                    await rows.update_all(present.changed)
                    written = self._record_full(uow, written + _written(plan, present))
            self._record(uow, written)
            await uow.commit()
        return tally

    async def _present(
        self, uow: ExchangeUnit, batch: Batch, plan: Plan, moved: Container[UUID]
    ) -> Plan:
        """Return the plan, or a new one if rows have changed since. New rows exist already."""
        if not any(row["id"] in moved for row in plan.changed):
            return plan
        present = await self._planner.plan(uow, batch, for_update=True)
        await self._resource.rows(uow).insert_all(present.new)
        return present

    async def _write(self, batch: Batch) -> Tally:
        async with self._uow(self._run.by) as uow:
            plan = await self._planner.plan(uow, batch, for_update=True)
            rows = self._resource.rows(uow)
            await rows.insert_all(plan.new)
            await rows.update_all(plan.changed)
            self._record(uow, _written(plan, plan))
            await uow.commit()
        return plan.tally

    def _record_full(self, uow: ExchangeUnit, written: list[_Written]) -> list[_Written]:
        """Returns those left for the next event."""
        while len(written) >= MAX_IDS:
            self._record(uow, written[:MAX_IDS])
            written = written[MAX_IDS:]
        return written

    def _record(self, uow: ExchangeUnit, written: Sequence[_Written]) -> None:
        if written:
            ids = {
                "execution_id": str(self._run.id),
                "created": [each.row_id for each in written if each.is_new],
                "updated": [each.row_id for each in written if not each.is_new],
            }
            uow.record(
                ResourceChanged(
                    kind=self._resource.kind,
                    verb="imported",
                    subject_id=None,
                    by=self._run.by,
                    changes=changes_between({}, ids),
                )
            )


def _written(planned: Plan, present: Plan) -> list[_Written]:
    """Combine the created rows of the first plan with the changed rows of the current one."""
    new = planned.new if planned is present else planned.new + present.new
    created = [_Written(str(row["id"]), is_new=True) for row in new]
    return created + [_Written(str(row["id"]), is_new=False) for row in present.changed]
