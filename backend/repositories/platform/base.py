"""What every repository can do."""

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from backend.models.platform.paging import Page, PageQuery

Row = TypeVar("Row", bound=SQLModel)
Query_contra = TypeVar("Query_contra", bound=PageQuery, contravariant=True)


class Repository(Protocol[Row]):
    async def get(self, row_id: UUID, *, for_update: bool = False) -> Row:
        """Read one row; with `for_update`, lock it until the unit of work ends.

        Raises:
            NotFoundError: there is no such row.
        """
        ...

    async def find(self, row_id: UUID) -> Row | None:
        """Read one row, if it is there."""
        ...

    async def find_many(self, row_ids: Collection[UUID], *, for_update: bool = False) -> list[Row]:
        """Those of the rows that are there, by id, in one statement. `for_update` as in `get`."""
        ...

    async def known(self, row_ids: Collection[UUID]) -> set[UUID]:
        """Which of these rows there are."""
        ...

    async def add_new(self, row: Row) -> None:
        """Add a new row, which the unit does not change any more. It may wait for the commit.

        Raises as `save` does, here or in what comes next.
        """
        ...

    async def save(self, row: Row) -> None:
        """Write a new or changed row.

        Raises:
            ConflictError: another row has a value that must be unique, or the row was changed
                by somebody else since it was read.
            InvalidInputError: it refers to a row that does not exist.
        """
        ...

    async def save_many(self, rows: Collection[Row]) -> None:
        """As `save`, at once."""
        ...

    async def delete(self, row: Row) -> None:
        """Raises ConflictError if other rows refer to this one."""
        ...

    async def add_missing(self, rows: Sequence[Row]) -> int:
        """Insert the rows that are not there yet, in one statement; answers how many."""
        ...


class ListedRepository(Repository[Row], Protocol[Row, Query_contra]):
    """A repository of a resource that has a list."""

    async def page(self, query: Query_contra) -> Page[Row]:
        """One page, in one statement; its total takes another.

        Raises:
            InvalidCursorError: this list did not give out the cursor.
        """
        ...
