"""What an import asks of the database: few statements for many rows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from backend.models.platform.mixins import Identified

Row = TypeVar("Row", bound=Identified)


class BulkRepository(Protocol[Row]):
    async def find_matches(
        self, row_ids: Collection[UUID], keys: Collection[str], *, for_update: bool = False
    ) -> list[Row]:
        """The rows with one of the ids or keys: a SKU in lower case, or an e-mail address.

        The unit does not watch these rows: what is changed in them is written by `update_all`.
        `for_update` locks them until the unit of work ends.
        """
        ...

    async def insert_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write new rows, given by column; what one lacks gets its default.

        Raises as `Repository.save` does.
        """
        ...

    async def update_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write changed rows that are locked, given by column, and move their versions.

        Raises as `Repository.save` does.
        """
        ...

    async def lock_versions(self, versions: Mapping[UUID, int]) -> set[UUID]:
        """Lock the rows with these ids until the unit of work ends, in one order for everybody.

        Answers the ids of rows that have another version, or are gone.
        """
        ...
