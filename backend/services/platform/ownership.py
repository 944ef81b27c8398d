"""Rows of one person, which nobody else finds, whatever their role."""

from collections.abc import Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from backend.core.errors import NotFoundError
from backend.core.permissions import Principal
from backend.repositories.platform.base import Repository


class Owned(Protocol):
    id: UUID
    owner_id: UUID


Row = TypeVar("Row", bound=Owned)


def is_own(row: Owned, by: Principal) -> bool:
    return row.owner_id == by.user_id


async def own(
    rows: Repository[Row],  # type: ignore[type-var]  # every row that has an owner is a table
    row_id: UUID,
    by: Principal,
    *,
    for_update: bool = False,
) -> Row:
    """Read a person's own row, and lock it with `for_update`.

    Raises:
        NotFoundError: there is no such row, or it is somebody else's.
    """
    row = await rows.get(row_id, for_update=for_update)
    if not is_own(row, by):
        raise NotFoundError.of(rows.kind, row_id)
    return row


async def own_many(
    rows: Repository[Row],  # type: ignore[type-var]  # as above
    row_ids: Sequence[UUID],
    by: Principal,
) -> list[Row]:
    """Read several of a person's own rows, in this order. Raises NotFoundError, as `own` does."""
    found = {row.id: row for row in await rows.find_many(row_ids) if is_own(row, by)}
    for row_id in row_ids:
        if row_id not in found:
            raise NotFoundError.of(rows.kind, row_id)
    return [found[row_id] for row_id in row_ids]
