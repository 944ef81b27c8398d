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


class Erased(NamedTuple):
    """What was deleted.

    Attributes:
        file_ids: the files among it, whose contents are left.
    """

    rows: int
    file_ids: Sequence[UUID]


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

    async def erase_some(self, user_id: UUID, limit: int) -> Erased:
        """Delete up to `limit` rows of one table; none if there are none left in any."""
        ...

    async def pass_some_on(self, user_id: UUID, heir_id: UUID | None, limit: int) -> int:
        """Give what the team has from a person to another, or to nobody.

        Returns how many rows of one table were given, up to `limit`; 0 if there is nothing left.

        The heir gets it in the organisations that they belong to; in others nobody does.

        Where there has to be somebody, the row of the person stays. What says who has made
        something stays in any case.
        """
        ...

    async def let_some_go(self, user_id: UUID, limit: int) -> int:
        """Have rows of the team no longer refer to personal ones, such as a task to a module.

        Returns how many rows of one table, up to `limit`; 0 if there is nothing left. Call it
        before `erase_some`.
        """
        ...

    async def forget_changes(self, user_id: UUID) -> None:
        """Have the audit trail forget what it tells of a person. Call it before `erase_some`."""
        ...
