"""The passes over all rows that were read and are good: checking them, and writing them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from backend.models.imports import ImportInputs
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.execution_kinds import ExecutionRun
from backend.services.imports.planning import Planner
from backend.services.imports.reading import RowsRead
from backend.services.imports.resources import RESOURCES
from backend.services.imports.spool import Spool
from backend.services.imports.tally import Tally
from backend.services.imports.writing import Batch, RowWriter
from backend.services.threads import iterated


class ImportPasses:
    """Of one attempt at an import."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        inputs: ImportInputs,
        read: RowsRead,
        spool: Spool,
        run: ExecutionRun,
    ) -> None:
        self._uow = uow
        self._inputs = inputs
        self._read = read
        self._spool = spool
        self._run = run

    async def run(self) -> Tally:
        """Write the rows as the inputs say, or only check them. Raises as `ImportKind.run` does."""
        inputs = self._inputs
        if inputs.dry_run or (inputs.all_or_nothing and self._read.tally.failed):
            return await self._check()
        if not inputs.all_or_nothing:
            return await self._write_batches()
        # Steps, so that after a crash nobody checks what is written already.
        checked = Tally.model_validate(await self._run.step("check", self._checking))
        if checked.failed:
            return checked
        return Tally.model_validate(await self._run.step("write", self._writing))

    async def _checking(self) -> dict[str, Any]:
        return (await self._check()).model_dump(mode="json")

    async def _writing(self) -> dict[str, Any]:
        rows = self._read.rows
        await self._run.progress(rows, rows, "Writing all rows at once")
        async with self._batches() as batches:
            written = await self._writer().write_all(batches)
        return written.model_dump(mode="json")

    async def _check(self) -> Tally:
        writer, tally = self._writer(), Tally()
        async with self._batches() as batches:
            async for batch in batches:
                tally.add(await writer.check(batch))
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
        """Whatever happens to the rows, the file is closed."""
        return iterated(self._spool.batches())

    def _writer(self) -> RowWriter:
        """For one pass."""
        resource = RESOURCES[self._inputs.resource]
        planner = Planner(resource, self._read.headers, self._run)
        return RowWriter(self._uow, resource, planner, self._run)
