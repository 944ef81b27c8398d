"""Who works at an execution: one attempt at a time, which a crash ends.

The lease guards the row of the execution and its steps. What a kind writes besides is committed
without a look at the lease: an attempt that was frozen for longer than the lease may still commit
what it was at, while the next one is at work. A kind has to bear that.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from backend.models.background.executions import Execution
from backend.repositories.background.unit import BackgroundUnit, BackgroundUnits
from backend.repositories.platform.unit import Channel

LEASE = timedelta(seconds=20)
"""For how long a worker that is not heard of may have the database to itself.

Longer than a short outage of the database, so that this does not end all that is at work.
"""


class LeaseLostError(Exception):
    """Another attempt has begun, or the execution was ended from outside."""


class CancelRequestedError(Exception):
    """Somebody has asked to cancel the execution."""


class Lease:
    """What one attempt may write of its execution, until another attempt has begun."""

    def __init__(self, uow: BackgroundUnits, execution_id: UUID, attempt: int) -> None:
        self._uow = uow
        self.execution_id = execution_id
        self.attempt = attempt

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[tuple[BackgroundUnit, Execution]]:
        """Lock the execution, let the caller change it, commit, and tell those who watch it.

        Raises:
            LeaseLostError: nothing was written.
        """
        async with self._uow() as uow:
            execution = await uow.executions.get(self.execution_id, for_update=True)
            if not execution.is_run_by(self.attempt):
                raise LeaseLostError
            yield uow, execution
            await uow.executions.save(execution)
            uow.notify(Channel.EXECUTIONS, str(execution.id))
            await uow.commit()

    async def renew(self) -> None:
        """Raises LeaseLostError or CancelRequestedError."""
        async with self._uow() as uow:
            is_cancelled = await uow.executions.renew(self.execution_id, self.attempt, LEASE)
            await uow.commit()
        if is_cancelled is None:
            raise LeaseLostError
        if is_cancelled:
            raise CancelRequestedError
