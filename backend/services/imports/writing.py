"""Checks rows that were read, or writes them, in one transaction or in many."""

from collections.abc import AsyncIterable, Sequence
from typing import Any, NamedTuple

from backend.core.errors import ConflictError, InvalidInputError
from backend.models.domain_events import ResourceChanged, changes_between
from backend.repositories.unit_of_work import UnitOfWork, UnitOfWorkFactory
from backend.services.execution_kinds import ExecutionRun
from backend.services.imports.parsing import ParsedRow
from backend.services.imports.planning import Plan, Planner
from backend.services.imports.resources import Resource
from backend.services.imports.tally import Tally

MOST_IDS = 1_000
"""Of one event. An import of more rows records several."""

_ATTEMPTS = 3

Batch = Sequence[ParsedRow]


class _Written(NamedTuple):
    row_id: str
    is_new: bool


class RowWriter:
    def __init__(
        self, uow: UnitOfWorkFactory, resource: Resource[Any], planner: Planner, run: ExecutionRun
    ) -> None:
        self._uow = uow
        self._resource = resource
        self._planner = planner
        self._run = run

    async def check(self, batch: Batch) -> Tally:
        """What would become of the rows."""
        async with self._uow.reading() as uow:
            return (await self._planner.plan(uow, batch)).tally

    async def write(self, batch: Batch) -> Tally:
        """Write what can be written of a batch, in one transaction.

        Raises:
            ConflictError, InvalidInputError: somebody else keeps changing the same rows.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._write(batch)
            except (ConflictError, InvalidInputError):
                # It was possible a moment ago. Looking again shows which row is concerned.
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def write_all(self, batches: AsyncIterable[Batch]) -> Tally:
        """Write all batches in one transaction; nothing if a row can't be written.

        The rows come from this machine's disk: nobody else is waited for.

        Raises:
            ConflictError, InvalidInputError: somebody else has changed the same rows just now.
        """
        tally = Tally()
        ids: list[_Written] = []
        async with self._uow() as uow:
            async for batch in batches:
                plan = await self._planner.plan(uow, batch, for_update=True)
                tally.add(plan.tally)
                if tally.failed:
                    return tally
                ids += await self._save(uow, plan)
                while len(ids) >= MOST_IDS:
                    self._record(uow, ids[:MOST_IDS])
                    ids = ids[MOST_IDS:]
            self._record(uow, ids)
            await uow.commit()
        return tally

    async def _write(self, batch: Batch) -> Tally:
        async with self._uow() as uow:
            plan = await self._planner.plan(uow, batch, for_update=True)
            self._record(uow, await self._save(uow, plan))
            await uow.commit()
        return plan.tally

    async def _save(self, uow: UnitOfWork, plan: Plan) -> list[_Written]:
        rows = self._resource.rows(uow)
        await rows.insert_all(plan.new)
        await rows.update_all(plan.changed)
        created = [_Written(str(row["id"]), is_new=True) for row in plan.new]
        return created + [_Written(str(row.id), is_new=False) for row in plan.changed]

    def _record(self, uow: UnitOfWork, written: Sequence[_Written]) -> None:
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
