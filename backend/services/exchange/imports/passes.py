"""The passes over all valid rows: checking and writing."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, NamedTuple

from backend.models.exchange.imports import ImportInputs
from backend.repositories.exchange.unit import ExchangeUnits
from backend.services.background.kinds import ExecutionContext
from backend.services.exchange.imports.planning import Planner
from backend.services.exchange.imports.reading import RowsRead
from backend.services.exchange.imports.resources import RESOURCES
from backend.services.exchange.imports.spool import Spool
from backend.services.exchange.imports.tally import Tally
from backend.services.exchange.imports.writing import Batch, RowWriter, StagedBatch, attempted
from backend.services.platform.blocking import in_thread, iterated


class Spools(NamedTuple):
    """
    Attributes:
        read: batches of valid rows.
        planned: the same with their plans.
    """

    read: Spool[Batch]
    planned: Spool[StagedBatch]


class ImportPasses:
    """The passes of one attempt at an import."""

    def __init__(
        self,
        uow: ExchangeUnits,
        inputs: ImportInputs,
        read: RowsRead,
        spools: Spools,
        run: ExecutionContext,
    ) -> None:
        self._uow = uow
        self._inputs = inputs
        self._read = read
        self._spools = spools
        self._run = run

    async def run(self) -> Tally:
        """Write the rows, or with `dry_run` only check them. Raises as `ImportKind.run` does."""
        inputs = self._inputs
        if inputs.dry_run or (inputs.all_or_nothing and self._read.tally.failed):
            return await self._check()
        if not inputs.all_or_nothing:
            return await self._write_batches()
        return Tally.model_validate(await self._run.step("write", self._writing))

    async def _writing(self) -> dict[str, Any]:
        return (await attempted(self._write_all)).model_dump(mode="json")

    async def _write_all(self) -> Tally:
        """Plan everything without locks, and then write it in one transaction."""
        planned = self._spools.planned
        await in_thread(planned.clear)
        checked = await self._check(planned)
        if checked.failed:
            return checked
        rows = self._read.rows
        await self._run.progress(rows, rows, "Writing all rows at once")
        return await self._writer().write_all(lambda: iterated(planned.items()))

    async def _check(self, planned: Spool[StagedBatch] | None = None) -> Tally:
        """Plan all rows; the plans are stored in `planned`."""
        writer, tally = self._writer(), Tally()
        async with self._batches() as batches:
            async for batch in batches:
                plan = await writer.check(batch)
                tally.add(plan.tally)
                if planned and not tally.failed:
                    await in_thread(planned.add, StagedBatch(batch if plan.changed else (), plan))
                await self._tell(tally, "Checking")
        return tally

    async def _write_batches(self) -> Tally:
        writer, tally = self._writer(), Tally()

        async def writing(batch: Batch) -> dict[str, Any]:
            return (await writer.write(batch)).model_dump(mode="json")

        async with self._batches() as batches:
            async for batch in batches:
                name = f"rows {batch[0].number}-{batch[-1].number}"
                written = await self._run.step(name, partial(writing, batch))
                tally.add(Tally.model_validate(written))
                await self._tell(tally, "Writing")
        return tally

    async def _tell(self, tally: Tally, message: str) -> None:
        done = tally.rows + self._read.tally.failed
        await self._run.progress(done, self._read.rows, message)

    def _batches(self) -> AbstractAsyncContextManager[AsyncIterator[Batch]]:
        """Close the file in any case."""
        return iterated(self._spools.read.items())

    def _writer(self) -> RowWriter:
        """For one pass."""
        resource = RESOURCES[self._inputs.resource]
        planner = Planner(resource, self._read.headers, self._run)
        return RowWriter(self._uow, resource, planner, self._run)
