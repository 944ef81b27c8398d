from collections.abc import Sequence
from typing import NamedTuple, Protocol
from uuid import UUID


class PersonalRows(NamedTuple):
    """Some rows of a kind.

    Attributes:
        rows: each as JSON, without its secrets.
        last: to go on after; None if there are no more.
    """

    rows: Sequence[str]
    last: Sequence[object] | None


class PersonalDataRepository(Protocol):
    """The rows of all tables that belong to one person; see `models/platform/personal.py`."""

    @property
    def kinds(self) -> Sequence[str]:
        """The tables that have some, each after those that it refers to."""
        ...

    async def some(
        self, kind: str, user_id: UUID, after: Sequence[object] | None, limit: int
    ) -> PersonalRows:
        """Return rows of a table, in the order of its key."""
        ...
