"""What repeats for every plain resource: create, read, list, export, change and delete."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar
from uuid import UUID

from backend.core.permissions import Principal
from backend.core.preconditions import Precondition
from backend.models.base import Update
from backend.models.idempotency import IdempotencyKey
from backend.models.mixins import Versioned
from backend.models.paging import Page, PageQuery
from backend.repositories.base import ListedRepository
from backend.repositories.unit_of_work import ReadingUnitOfWork, UnitOfWork, UnitOfWorkFactory

Row = TypeVar("Row", bound=Versioned)
Query = TypeVar("Query", bound=PageQuery)
Changes = TypeVar("Changes", bound=Update)


class CrudService(Generic[Row, Query, Changes]):
    """Each resource is a subclass, which adds `create` and the rules that are its own."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        rows: Callable[[ReadingUnitOfWork], ListedRepository[Row, Query]],
    ) -> None:
        self._uow = uow
        self._rows = rows

    async def read(self, row_id: UUID) -> Row:
        """Raises NotFoundError."""
        async with self._uow.reading() as uow:
            return await self._rows(uow).get(row_id)

    async def page(self, query: Query) -> Page[Row]:
        """Raises InvalidCursorError."""
        async with self._uow.reading() as uow:
            return await self._rows(uow).page(query)

    async def update(self, row_id: UUID, data: Changes, by: Principal, match: Precondition) -> Row:
        """Change the fields that `data` sets.

        Raises:
            NotFoundError: there is no such row.
            PreconditionFailedError: the row is at another version than the caller expects.
            InvalidInputError: a field refers to a row that does not exist.
        """
        async with self._changing(row_id, match) as (uow, row):
            await self._apply(uow, row, data.changes(), by)
        return row

    async def delete(self, row_id: UUID, match: Precondition) -> None:
        """Raises as `update` does, or ConflictError while other rows refer to this one."""
        async with self._uow() as uow:
            row = await self._rows(uow).get(row_id, for_update=True)
            match.check(row.version)
            await self._rows(uow).delete(row)
            await uow.commit()

    async def _add(self, row: Row, by: Principal, key: IdempotencyKey | None) -> Row:
        async with self._uow() as uow:
            rows = self._rows(uow)
            if earlier := await uow.idempotency.claim(key, row.id):
                return await rows.get(earlier)
            await self._check_new(uow, row, by)
            await rows.save(row)
            await uow.commit()
        return row

    async def _check_new(self, uow: UnitOfWork, row: Row, by: Principal) -> None:
        """Refuse a row that the rules of the resource do not allow."""

    async def _apply(
        self, uow: UnitOfWork, row: Row, changes: dict[str, Any], by: Principal
    ) -> None:
        """Write the changes into the row. Where the rules of a resource have their place."""
        row.sqlmodel_update(changes)

    @asynccontextmanager
    async def _changing(
        self, row_id: UUID, match: Precondition
    ) -> AsyncIterator[tuple[UnitOfWork, Row]]:
        """Lock a row, let the caller change it, and commit unless an error was raised."""
        async with self._uow() as uow:
            row = await self._rows(uow).get(row_id, for_update=True)
            match.check(row.version)
            yield uow, row
            await self._rows(uow).save(row)
            await uow.commit()
