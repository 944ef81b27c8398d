"""Leases: one attempt at a time runs an execution, until it ends or crashes.

The lease protects the row of the execution and its steps. Other writes of a kind do not check the
lease: an attempt that was frozen for longer than the lease may still commit its current write while
the next attempt is running. Kinds must tolerate that.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from backend.models.background.executions import Execution
from backend.repositories.background.unit import BackgroundUnit, BackgroundUnits
from backend.repositories.platform.unit import Channel

LEASE = timedelta(seconds=20)
"""How long a silent worker keeps its lease.

Longer than a short outage of the database, which must not end all running work.
"""


class LeaseLostError(Exception):
    """Another attempt has begun, or the execution was ended from outside."""


class CancelRequestedError(Exception):
    """Cancelling the execution was requested."""


class Lease:
    """The writes of one attempt to its execution, until another attempt has begun."""

    def __init__(self, uow: BackgroundUnits, execution_id: UUID, attempt: int) -> None:
        self._uow = uow
        self.execution_id = execution_id
        self.attempt = attempt

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[tuple[BackgroundUnit, Execution]]:
        """Lock the execution, let the caller change it, commit, and notify its watchers.

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
