"""Bulk access for imports: few statements for many rows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from backend.models.platform.mixins import Identified

Row = TypeVar("Row", bound=Identified)


class BulkRepository(Protocol[Row]):
    async def find_matches(
        self, row_ids: Collection[UUID], keys: Collection[str], *, for_update: bool = False
    ) -> list[Row]:
        """Return the rows with one of the ids or keys: a SKU in lower case, or an e-mail address.

        The unit does not track these rows: `update_all` writes their changes. `for_update` locks
        them until the unit of work ends.
        """
        ...

    async def insert_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write new rows, given by column; missing values get their defaults.

        Raises as `Repository.save` does.
        """
        ...

    async def update_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write changed, locked rows, given by column, and increment their versions.

        Raises as `Repository.save` does.
        """
        ...

    async def lock_versions(self, versions: Mapping[UUID, int]) -> set[UUID]:
        """Lock the rows with these ids until the unit of work ends, in a global order.

        Returns the ids of rows that have another version or no longer exist.
        """
        ...
