from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, text, true, update
from sqlmodel import col, select

from backend.models.background.executions import ACTIVE, Execution, ExecutionQuery, ExecutionStatus
from backend.models.background.jobs import JobStatus
from backend.models.platform.mixins import now
from backend.models.platform.paging import Page
from backend.repositories.sql.background.job_tables import JOBS, THEIR_STATUSES
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.named_locks import lock

# The database's clock, as those of machines differ. `now()` would not advance within a unit.
_CLOCK = func.clock_timestamp()
_QUIET = timedelta(minutes=1)
# Tolerated difference of clocks.
_INEXACT = timedelta(seconds=5)


def _holds(lease: timedelta) -> ColumnElement[bool]:
    """Whether an attempt has a valid lease.

    Leases are renewed, so none ends later than its length from now. One that does was left by a
    crash before the clock went back.

    """
    until = func.coalesce(col(Execution.leased_until), _CLOCK - lease)
    return until.between(_CLOCK, _CLOCK + lease + _INEXACT)


class SqlExecutionRepository(SqlList[Execution, ExecutionQuery]):
    model = Execution
    kind = "execution"
    sorts = {
        "created_at": by_column(Execution.created_at, MOMENT),
        "name": by_name(Execution.name),
    }
    unlisted = (Execution.inputs, Execution.result)

    async def page_of(
        self, owner_id: UUID, query: ExecutionQuery, key_id: UUID | None = None
    ) -> Page[Execution]:
        theirs = [col(Execution.owner_id) == owner_id]
        if key_id is not None:
            theirs.append(col(Execution.key_id) == key_id)
        return await self._page(query, *theirs, *self.conditions(query))

    async def lock_active_of(self, owner_id: UUID) -> int:
        # A lock of the rows would not stop somebody from adding one.
        await lock(self._session, f"executions of {owner_id}")
        active = (col(Execution.owner_id) == owner_id, one_of(Execution.status, ACTIVE))
        counted = select(func.count()).select_from(Execution).where(*active)
        return (await self._session.exec(counted)).one()

    async def take(
        self, execution_id: UUID, lease: timedelta, job_id: int | None = None
    ) -> Execution | None:
        pending = col(Execution.status) == ExecutionStatus.PENDING
        running = col(Execution.status) == ExecutionStatus.RUNNING
        free = or_(pending, running & ~_holds(lease))
        moment = now()
        begun = {
            "status": ExecutionStatus.RUNNING,
            "attempts": col(Execution.attempts) + 1,
            "error": None,
            "started_at": func.coalesce(col(Execution.started_at), moment),
            "leased_until": _CLOCK + lease,
            "updated_at": moment,
            "version": col(Execution.version) + 1,
        }
        its_job = func.coalesce(col(Execution.job_id), job_id) == job_id
        wanted = (col(Execution.id) == execution_id, free, true() if job_id is None else its_job)
        taken = update(Execution).where(*wanted).values(**begun)
        rows = await self._session.exec(taken.returning(Execution))
        return rows.scalar_one_or_none()

    async def renew(self, execution_id: UUID, attempt: int, lease: timedelta) -> bool | None:
        held = (
            col(Execution.id) == execution_id,
            col(Execution.attempts) == attempt,
            col(Execution.status) == ExecutionStatus.RUNNING,
        )
        # Watchers of the execution would be woken without a change.
        unchanged = {"updated_at": col(Execution.updated_at), "leased_until": _CLOCK + lease}
        renewed = update(Execution).where(*held).values(**unchanged)
        cancelled = renewed.returning(col(Execution.cancel_requested_at).is_not(None))
        rows = await self._session.exec(cancelled.execution_options(synchronize_session=False))
        found: bool | None = rows.scalar_one_or_none()
        return found

    async def is_leased(self, execution_id: UUID, lease: timedelta) -> bool:
        held = select(Execution.id).where(Execution.id == execution_id, _holds(lease))
        return (await self._session.exec(held)).first() is not None

    async def lock_abandoned(self, limit: int) -> list[Execution]:
        waiting = [*THEIR_STATUSES[JobStatus.PENDING], *THEIR_STATUSES[JobStatus.RUNNING]]
        job = exists().where(JOBS.c.id == col(Execution.job_id), one_of(JOBS.c.status, waiting))
        quiet = func.coalesce(col(Execution.leased_until), col(Execution.updated_at))
        # Exactly as in the condition of the index.
        active = text("status IN ('pending', 'running')")
        # Times in the future were written before the clock went back.
        lately = quiet.between(_CLOCK - _QUIET, _CLOCK + _QUIET)
        found = select(Execution).where(active, ~job, ~lately).limit(limit)
        locked = found.with_for_update(skip_locked=True)
        return list((await self._session.exec(locked)).all())

    def conditions(self, query: ExecutionQuery) -> Iterator[ColumnElement[bool]]:
        if query.kind:
            yield one_of(Execution.kind, query.kind)
        if query.status:
            yield one_of(Execution.status, query.status)
