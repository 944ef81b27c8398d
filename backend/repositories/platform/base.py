"""What every repository can do."""

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from backend.models.platform.paging import Page, PageQuery

Row = TypeVar("Row", bound=SQLModel)
Query_contra = TypeVar("Query_contra", bound=PageQuery, contravariant=True)


class Repository(Protocol[Row]):
    @property
    def kind(self) -> str:
        """What one row is called in messages to people."""
        ...

    async def get(self, row_id: UUID, *, for_update: bool = False) -> Row:
        """Read one row; with `for_update`, lock it until the unit of work ends.

        Raises:
            NotFoundError: there is no such row.
        """
        ...

    async def find(self, row_id: UUID) -> Row | None:
        """Read one row, if it exists."""
        ...

    async def find_many(self, row_ids: Collection[UUID], *, for_update: bool = False) -> list[Row]:
        """Return the existing rows by id, in one statement. `for_update` as in `get`."""
        ...

    async def known(self, row_ids: Collection[UUID]) -> set[UUID]:
        """Return which of these rows exist."""
        ...

    async def add_new(self, row: Row) -> None:
        """Add a new row that the unit does not change any more. It may be sent with the commit.

        Raises as `save` does, here or at a later statement.
        """
        ...

    async def save(self, row: Row) -> None:
        """Write a new or changed row.

        Raises:
            ConflictError: another row has the value of a unique column, or somebody else has
                changed the row since it was read.
            InvalidInputError: it refers to a row that does not exist.
        """
        ...

    async def save_many(self, rows: Collection[Row]) -> None:
        """Like `save`, for several rows."""
        ...

    async def delete(self, row: Row) -> None:
        """Raises ConflictError if other rows refer to this one."""
        ...

    async def add_missing(self, rows: Sequence[Row]) -> int:
        """Insert the rows that do not exist, in one statement; returns how many."""
        ...


class ListedRepository(Repository[Row], Protocol[Row, Query_contra]):
    """The repository of a resource with a list."""

    async def page(self, query: Query_contra) -> Page[Row]:
        """One page, in one statement; its total takes another.

        Raises:
            InvalidCursorError: this list did not issue the cursor.
        """
        ...
