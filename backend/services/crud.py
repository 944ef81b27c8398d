"""What repeats for every plain resource: read, list, change and delete."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from backend.core.permissions import Principal
from backend.models.paging import Page, PageQuery
from backend.repositories.base import ListedRepository
from backend.repositories.unit_of_work import ReadingUnitOfWork, UnitOfWork, UnitOfWorkFactory

Row = TypeVar("Row", bound=SQLModel)
Query = TypeVar("Query", bound=PageQuery)
Update = TypeVar("Update", bound=SQLModel)


class CrudService(Generic[Row, Query, Update]):
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

    async def update(self, row_id: UUID, data: Update, by: Principal) -> Row:
        """Change the fields that `data` sets.

        Raises:
            NotFoundError: there is no such row.
            InvalidInputError: a field refers to a row that does not exist.
        """
        async with self._changing(row_id) as (uow, row):
            await self._apply(uow, row, data.model_dump(exclude_unset=True), by)
        return row

    async def delete(self, row_id: UUID) -> None:
        """Raises NotFoundError, or ConflictError while other rows refer to this one."""
        async with self._uow() as uow:
            row = await self._rows(uow).get(row_id, for_update=True)
            await self._rows(uow).delete(row)
            await uow.commit()

    async def _add(self, row: Row) -> Row:
        async with self._uow() as uow:
            await self._rows(uow).save(row)
            await uow.commit()
        return row

    async def _apply(
        self, uow: UnitOfWork, row: Row, changes: dict[str, Any], by: Principal
    ) -> None:
        """Write the changes into the row. Where the rules of a resource have their place."""
        row.sqlmodel_update(changes)

    @asynccontextmanager
    async def _changing(self, row_id: UUID) -> AsyncIterator[tuple[UnitOfWork, Row]]:
        """Lock a row, let the caller change it, and commit unless an error was raised."""
        async with self._uow() as uow:
            row = await self._rows(uow).get(row_id, for_update=True)
            yield uow, row
            await self._rows(uow).save(row)
            await uow.commit()
