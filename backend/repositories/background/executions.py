from datetime import timedelta
from typing import Protocol
from uuid import UUID

from backend.models.background.executions import Execution, ExecutionQuery
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class ExecutionRepository(Repository[Execution], Protocol):
    async def page_of(
        self, owner_id: UUID, query: ExecutionQuery, key_id: UUID | None = None
    ) -> Page[Execution]:
        """Return one page of a person's executions, or of those that run with an API key of theirs.

        Raises InvalidCursorError.
        """
        ...

    async def lock_active_of(self, owner_id: UUID) -> int:
        """Count a person's pending and running executions.

        Holds a lock until the unit ends, so that the count stays valid.
        """
        ...

    async def take(
        self, execution_id: UUID, lease: timedelta, job_id: int | None = None
    ) -> Execution | None:
        """Begin the next attempt and take the lease, in one statement.

        None if it has ended or does not exist, if another attempt has a valid lease, or if it has
        a later job than the one with the id.
        """
        ...

    async def renew(self, execution_id: UUID, attempt: int, lease: timedelta) -> bool | None:
        """Renew the lease; returns whether cancelling was requested.

        None if the attempt has lost the lease. Does not change the version.
        """
        ...

    async def is_leased(self, execution_id: UUID, lease: timedelta) -> bool:
        """Whether an attempt has a valid lease, by the clock of the database."""
        ...

    async def lock_abandoned(self, limit: int) -> list[Execution]:
        """Return up to `limit` unfinished executions whose jobs ended more than a minute ago.

        Skips locked rows.
        """
        ...
