"""One attempt at an execution, as its kind sees it, and its lease.

One attempt at a time runs an execution, until it ends or crashes.

The lease protects the row of the execution and its steps. Other writes of a kind do not check the
lease: an attempt that was frozen for longer than the lease may still commit its current write while
the next attempt is running. Kinds must tolerate that.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from typing import Any, NoReturn
from uuid import UUID

from pydantic_core import to_jsonable_python

from backend.core.errors import AuthenticationError, InvalidInputError, PermissionDeniedError
from backend.core.logging import get_logger
from backend.core.permissions import Principal
from backend.core.scopes import Scope
from backend.models.background.execution_steps import ExecutionStep
from backend.models.background.executions import Execution, ExecutionStatus
from backend.models.platform.domain_events import ExecutionFinished, changes_between
from backend.models.platform.mixins import now
from backend.repositories.background.unit import BackgroundUnit, BackgroundUnits
from backend.repositories.platform.unit import Channel
from backend.services.background.kinds import Work
from backend.services.identity.rights import PresentRights

LEASE = timedelta(seconds=20)
"""How long a silent worker keeps its lease.

Longer than a short outage of the database, which must not end all running work.
"""

_SECONDS_BETWEEN_WRITES = 0.25
_RENEWAL_SECONDS = 1.0
_log = get_logger(__name__)

Progress = tuple[int, int | None, str]
_RIGHTS_LOST = (PermissionDeniedError, AuthenticationError)
Check = Callable[[Principal], Awaitable[Any]]
"""Raises a DomainError if the person may not run the execution."""


class LeaseLostError(Exception):
    """Another attempt has begun, or the execution was ended from outside, perhaps deleted since."""


class CancelRequestedError(Exception):
    """Cancelling the execution was requested."""


class Lease:
    """The writes of one attempt to its execution, until another attempt has begun."""

    def __init__(
        self, uow: BackgroundUnits, scope: Scope, execution_id: UUID, attempt: int
    ) -> None:
        self._uow = uow
        self._scope = scope
        self.execution_id = execution_id
        self.attempt = attempt

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[tuple[BackgroundUnit, Execution]]:
        """Lock the execution, let the caller change it, commit, and notify its watchers.

        Raises:
            LeaseLostError: nothing was written.
        """
        async with self._uow(self._scope) as uow:
            found = await uow.executions.find_many([self.execution_id], for_update=True)
            if not found or not found[0].is_run_by(self.attempt):
                raise LeaseLostError
            execution = found[0]
            yield uow, execution
            await uow.executions.save(execution)
            uow.notify(Channel.EXECUTIONS, str(execution.id))
            await uow.commit()

    async def renew(self) -> None:
        """Raises LeaseLostError or CancelRequestedError."""
        async with self._uow(self._scope) as uow:
            is_cancelled = await uow.executions.renew(self.execution_id, self.attempt, LEASE)
            await uow.commit()
        if is_cancelled is None:
            raise LeaseLostError
        if is_cancelled:
            raise CancelRequestedError


class Attempt:
    """Implements `ExecutionContext`."""

    def __init__(
        self,
        uow: BackgroundUnits,
        execution: Execution,
        by: Principal,
        finished: list[ExecutionStep],
        rights: PresentRights,
    ) -> None:
        """`finished` are the steps of earlier attempts."""
        self._lease = Lease(uow, by, execution.id, execution.attempts)
        self._by = by
        self._rights = rights
        self._check: Check | None = None
        self._results = {step.name: step.result for step in finished}
        self._positions = count(max((step.position for step in finished), default=0) + 1)
        self._unwritten: Progress | None = None
        self._written_at = 0.0

    @property
    def id(self) -> UUID:
        return self._lease.execution_id

    @property
    def by(self) -> Principal:
        return self._by

    async def admit(self, check: Check) -> Any:
        """Begin if the check passes for the owner; it is repeated whenever their rights change.

        Returns what the check found.
        """
        if self._by.key_id is not None:
            self._by = await self._rights.of(self._by)
        found = await check(self._by)
        self._check = check
        return found

    async def owner(self) -> Principal:
        present = await self._rights.of(self._by)
        if present != self._by and self._check is not None:
            # References in the inputs were checked when the attempt began.
            with suppress(InvalidInputError):
                await self._check(present)
        self._by = present
        return present

    async def progress(self, done: int, total: int | None, message: str) -> None:
        self._unwritten = (done, total, message)
        if time.monotonic() - self._written_at >= _SECONDS_BETWEEN_WRITES:
            await self._write_progress()
            await self.owner()

    async def step(self, name: str, work: Work) -> dict[str, Any]:
        if name not in self._results:
            await self.owner()
            started = now()
            # In the form in which it is read back, so that every attempt gets the same.
            result: dict[str, Any] = to_jsonable_python(await work())
            async with self._changing() as (uow, execution):
                # Under the lock: steps that end at the same time get different positions.
                step = ExecutionStep(
                    execution_id=self.id,
                    name=name,
                    position=next(self._positions),
                    result=result,
                    started_at=started,
                    finished_at=now(),
                )
                execution.updated_at = step.finished_at
                await uow.execution_steps.save(step)
            self._results[name] = result
        return self._results[name]

    async def hold(self) -> NoReturn:
        """Renew the lease for ever. An outage is tolerated as long as the lease lasts.

        Raises:
            CancelRequestedError, LeaseLostError: the work must end.
            PermissionDeniedError: the owner may no longer do this.
            AuthenticationError: the API key with which it runs has ended.
        """
        renewed_at = time.monotonic()
        while True:
            try:
                begun = time.monotonic()
                await self._lease.renew()
                await self._write_progress()
                await self.owner()
                renewed_at = begun
            except (CancelRequestedError, LeaseLostError, *_RIGHTS_LOST):
                raise
            except Exception as error:
                if time.monotonic() - renewed_at > LEASE.total_seconds():
                    raise
                _log.warning("lease_not_renewed", execution=str(self.id), error=str(error))
            await asyncio.sleep(_RENEWAL_SECONDS)

    async def finish(
        self,
        status: ExecutionStatus,
        *,
        result: dict[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Raises LeaseLostError."""
        async with self._changing() as (uow, execution):
            uow.record(finished(execution, status, self._by))
            execution.finish(status, result=result, error=error)

    async def hand_back(self, error: str | None = None) -> None:
        """Let the next attempt begin. `error` tells the owner the reason. Raises LeaseLostError."""
        async with self._changing() as (_, execution):
            execution.hand_back(error)

    async def _write_progress(self) -> None:
        if self._unwritten is not None:
            self._written_at = time.monotonic()
            async with self._changing():
                pass

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[tuple[BackgroundUnit, Execution]]:
        """Like `Lease.changing`; progress that was not written yet is written, too."""
        told: Progress | None = None
        try:
            async with self._lease.changing() as (uow, execution):
                told, self._unwritten = self._unwritten, None
                if told is not None:
                    execution.report(*told)
                yield uow, execution
        except asyncio.CancelledError:
            # It is left to the next write, such as that of the end.
            self._unwritten = self._unwritten or told
            raise


def finished(
    execution: Execution, status: ExecutionStatus, by: Principal | None
) -> ExecutionFinished:
    """Return the event, to be recorded before the status changes."""
    changes = changes_between({"status": execution.status}, {"status": status})
    return ExecutionFinished(subject_id=execution.id, by=by, changes=changes)
