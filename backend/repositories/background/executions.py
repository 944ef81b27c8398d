from datetime import timedelta
from typing import Protocol
from uuid import UUID

from backend.models.background.executions import Execution, ExecutionQuery
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class ExecutionRepository(Repository[Execution], Protocol):
    async def page_of(self, owner_id: UUID, query: ExecutionQuery) -> Page[Execution]:
        """One page of somebody's executions. Raises InvalidCursorError."""
        ...

    async def lock_active_of(self, owner_id: UUID) -> int:
        """How many of somebody's executions are pending or running.

        Nobody else who asks is answered until the unit of work ends, so that the count holds.
        """
        ...

    async def take(self, execution_id: UUID, lease: timedelta) -> Execution | None:
        """Begin the next attempt, in one statement, and hold it for as long as the lease.

        None if nobody may: it is finished or not there, or an attempt has a lease that holds.
        """
        ...

    async def renew(self, execution_id: UUID, attempt: int, lease: timedelta) -> bool | None:
        """Hold it for longer; answers whether somebody has asked to cancel it.

        None if the attempt does not have it any more. Does not move the version.
        """
        ...

    async def is_leased(self, execution_id: UUID, lease: timedelta) -> bool:
        """Whether somebody has a lease of it that holds, by the clock of the database."""
        ...

    async def lock_abandoned(self, limit: int) -> list[Execution]:
        """Some of those that have not ended, although their jobs have, for a minute and more.

        Leaves out those that somebody else is changing.
        """
        ...
