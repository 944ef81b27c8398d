"""What jobs do with executions: at least once, never twice at the same time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError
from sqlmodel import select

from backend.core.database import Database
from backend.core.errors import ConflictError
from backend.core.permissions import Means, Role
from backend.core.preconditions import ANY_VERSION
from backend.core.scopes import FIRST, SYSTEM
from backend.models.background.execution_steps import ExecutionStepQuery
from backend.models.background.executions import Execution, ExecutionStatus
from backend.models.platform.audit_events import Event, EventQuery
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.background import attempts
from backend.services.background.executions import ExecutionService
from backend.services.background.kinds import ExecutionContext, TryAgainError
from tests.fixtures.execution_kinds import (
    StepsInputs,
    StepsKind,
    StepsResult,
    asking_each_time,
    begin,
    service_with,
    stored,
)
from tests.fixtures.people import Person
from tests.fixtures.waiting import SECONDS, until, until_waiting

Runs = Callable[..., asyncio.Task[None]]


@pytest.fixture
async def run(executions: ExecutionService) -> AsyncIterator[Runs]:
    """Run an execution as a job does, in a task that ends with the test."""
    tasks: list[asyncio.Task[None]] = []

    def start(execution_id: UUID, by: ExecutionService = executions) -> asyncio.Task[None]:
        tasks.append(asyncio.ensure_future(by.run(execution_id, FIRST)))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def change(uow: SqlUnitOfWorkFactory, execution_id: UUID, **fields: Any) -> None:
    async with uow(SYSTEM) as unit:
        execution = await unit.executions.get(execution_id)
        execution.sqlmodel_update(fields)
        await unit.executions.save(execution)
        await unit.commit()


async def crash(task: asyncio.Task[None], uow: SqlUnitOfWorkFactory, execution: Execution) -> None:
    """End the task, and leave the row as a process that was killed leaves it."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    left = {"status": ExecutionStatus.RUNNING, "leased_until": execution.leased_until}
    await change(uow, execution.id, **left)


async def events_of(database: Database, execution_id: UUID) -> list[Event]:
    async with database.reading_session() as session:
        found = select(Event).where(Event.subject_id == execution_id).order_by(Event.id)  # type: ignore[arg-type]  # a column
        return list((await session.exec(found)).all())


async def test_it_comes_to_its_result(
    executions: ExecutionService, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, "one", "two")

    await executions.run(execution_id, FIRST)

    done = await stored(uow, execution_id)
    assert done.status is ExecutionStatus.COMPLETED
    assert done.result == {"steps": ["one 1", "two 2"]}
    assert (done.progress_done, done.progress_total, done.progress_message) == (1, 2, "Begin two")
    assert (done.attempts, done.error, done.leased_until) == (1, None, None)
    assert done.started_at is not None
    assert done.finished_at is not None
    assert done.created_at < done.started_at < done.finished_at


async def test_its_steps_are_kept_in_their_order(
    executions: ExecutionService, member: Person
) -> None:
    execution_id = await begin(executions, member, "one", "two")
    await executions.run(execution_id, FIRST)

    page = await executions.steps(execution_id, ExecutionStepQuery(), member.principal)

    shown = [(step.position, step.name, step.result) for step in page.items]
    assert shown == [(1, "one", {"said": "one 1"}), (2, "two", {"said": "two 2"})]
    assert all(step.started_at <= step.finished_at for step in page.items)


class TogetherKind(StepsKind):
    """All steps are at work at the same time."""

    async def _steps(self, inputs: StepsInputs, run: ExecutionContext) -> StepsResult:
        async def step(name: str) -> str:
            if name == inputs.pause:
                self.paused.set()
                await self.go_on.wait()
            said: str = (await run.step(name, partial(self._work, name)))["said"]
            return said

        return StepsResult(steps=await asyncio.gather(*map(step, inputs.steps)))


async def test_steps_that_are_at_work_together_have_a_place_each(
    uow: SqlUnitOfWorkFactory, member: Person
) -> None:
    executions = service_with(uow, TogetherKind())
    execution_id = await begin(executions, member, *"abcdef")

    await executions.run(execution_id, FIRST)

    page = await executions.steps(execution_id, ExecutionStepQuery(), member.principal)
    assert [step.position for step in page.items] == [1, 2, 3, 4, 5, 6]


async def test_of_steps_that_are_at_work_together_none_is_repeated(
    uow: SqlUnitOfWorkFactory, member: Person, run: Runs
) -> None:
    kind = TogetherKind()
    executions = service_with(uow, kind)
    execution_id = await begin(executions, member, "a", "b", "c", pause="b")
    first = run(execution_id, executions)
    await kind.paused.wait()
    await until_steps(executions, execution_id, member, 2)
    await change_positions(uow, execution_id)
    await crash(first, uow, await stored(uow, execution_id))
    await change(uow, execution_id, leased_until=now())
    kind.go_on.set()

    await executions.run(execution_id, FIRST)

    page = await executions.steps(execution_id, ExecutionStepQuery(), member.principal)
    assert [step.name for step in page.items][-1] == "b"
    assert len({step.position for step in page.items}) == 3
    assert sorted(kind.done) == ["a", "b", "c"]


async def until_steps(
    executions: ExecutionService, execution_id: UUID, owner: Person, count: int
) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            page = await executions.steps(execution_id, ExecutionStepQuery(), owner.principal)
            if len(page.items) == count:
                return
            await asyncio.sleep(0.01)


async def change_positions(uow: SqlUnitOfWorkFactory, execution_id: UUID) -> None:
    """As if a step between them had not been written before the end of the process."""
    async with uow(SYSTEM) as unit:
        for step in await unit.execution_steps.all_of(execution_id):
            step.position += step.position - 1
            await unit.execution_steps.save(step)
        await unit.commit()


class AwayKind(StepsKind):
    async def run(self, inputs: StepsInputs, run: ExecutionContext, found: None) -> StepsResult:
        raise TryAgainError("The provider is away.")


async def test_what_may_work_later_is_told_meanwhile_and_in_the_end(
    uow: SqlUnitOfWorkFactory, member: Person
) -> None:
    executions = service_with(uow, AwayKind())
    execution_id = await begin(executions, member)

    with pytest.raises(TryAgainError):
        await executions.run(execution_id, FIRST)
    waiting = await stored(uow, execution_id)
    with pytest.raises(TryAgainError):
        await executions.run(execution_id, FIRST, last_attempt=True)

    ended = await stored(uow, execution_id)
    assert (waiting.status, waiting.error) == (
        ExecutionStatus.PENDING,
        "The provider is away. It will be tried again.",
    )
    assert (ended.status, ended.error) == (ExecutionStatus.FAILED, "The provider is away.")


async def test_it_works_for_its_owner_with_the_role_of_the_moment(
    executions: ExecutionService, kind: StepsKind, member: Person, admin: Person
) -> None:
    execution_id = await begin(executions, member, "one")
    await admin.put(f"/users/{member.user.id}/role", json={"role": "manager"})

    await executions.run(execution_id, FIRST)

    assert kind.by is not None
    assert (kind.by.user_id, kind.by.role) == (member.user.id, Role.MANAGER)
    assert kind.by.means is Means.JOB


async def test_what_has_ended_is_not_run_again(
    executions: ExecutionService, kind: StepsKind, member: Person
) -> None:
    execution_id = await begin(executions, member, "one")
    await executions.run(execution_id, FIRST)

    await executions.run(execution_id, FIRST)
    await executions.run(uuid4(), FIRST)

    assert kind.done == ["one"]


async def test_of_two_at_once_one_works_and_the_other_waits_for_it(
    executions: ExecutionService, kind: StepsKind, member: Person, run: Runs
) -> None:
    execution_id = await begin(executions, member, "one", pause="one")

    first, second = run(execution_id), run(execution_id)
    await kind.paused.wait()
    done, _ = await asyncio.wait({first, second}, timeout=0.3)
    assert done == set()
    kind.go_on.set()
    await asyncio.gather(first, second)

    assert (kind.done, kind.peak_running) == (["one"], 1)


async def test_a_stop_hands_it_back_and_finished_steps_are_not_repeated(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    uow: SqlUnitOfWorkFactory,
    run: Runs,
) -> None:
    execution_id = await begin(executions, member, "one", "two", pause="two")
    stopped = run(execution_id)
    await kind.paused.wait()

    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped

    left = await stored(uow, execution_id)
    assert (left.status, left.leased_until) == (ExecutionStatus.PENDING, None)
    kind.go_on.set()
    await executions.run(execution_id, FIRST)
    done = await stored(uow, execution_id)
    assert kind.done == ["one", "two"]
    assert (done.result, done.attempts) == ({"steps": ["one 1", "two 2"]}, 2)


async def test_after_a_crash_it_is_taken_over_when_the_lease_is_over(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    uow: SqlUnitOfWorkFactory,
    run: Runs,
) -> None:
    execution_id = await begin(executions, member, "one", "two", pause="two")
    crashed = run(execution_id)
    await kind.paused.wait()
    await crash(crashed, uow, await stored(uow, execution_id))
    kind.go_on.set()

    taking = run(execution_id)
    done, _ = await asyncio.wait({taking}, timeout=0.3)
    assert done == set()
    assert kind.done == ["one"]
    await change(uow, execution_id, leased_until=now() - timedelta(seconds=1))
    await taking

    assert kind.done == ["one", "two"]
    assert (await stored(uow, execution_id)).attempts == 2


async def test_whoever_has_lost_the_lease_writes_nothing(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    uow: SqlUnitOfWorkFactory,
    monkeypatch: pytest.MonkeyPatch,
    run: Runs,
) -> None:
    # The slow one neither renews its lease nor sees that it has lost it.
    monkeypatch.setattr(attempts, "_RENEWAL_SECONDS", 600.0)
    execution_id = await begin(executions, member, "one", pause="one")
    slow = run(execution_id)
    await kind.paused.wait()
    other = StepsKind()
    # So that it says something else.
    other.done.append("zero")
    second = run(execution_id, service_with(uow, other))

    async def is_taken_over() -> bool:
        async with uow(SYSTEM) as unit:
            execution = await unit.executions.get(execution_id, for_update=True)
            if execution.attempts == 1:
                # More than once: the slow one renews its lease when it begins, perhaps after this.
                execution.leased_until = now() - timedelta(seconds=1)
                await unit.executions.save(execution)
                await unit.commit()
            return execution.attempts == 2

    await until(is_taken_over)
    await other.paused.wait()
    kind.go_on.set()
    await kind.ended.wait()
    between = await stored(uow, execution_id)
    other.go_on.set()
    await asyncio.gather(slow, second)

    assert (between.status, between.attempts) == (ExecutionStatus.RUNNING, 2)
    assert kind.done == ["one"]
    assert (await stored(uow, execution_id)).result == {"steps": ["one 2"]}


async def test_a_job_leaves_alone_what_has_a_later_job(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    uow: SqlUnitOfWorkFactory,
) -> None:
    """As one that waits to try again, while its owner cancels the execution and retries it."""
    execution_id = await begin(executions, member, "one", pause="one")
    first = (await stored(uow, execution_id)).job_id
    await executions.cancel(execution_id, member.principal)
    retried = await executions.retry(execution_id, member.principal, ANY_VERSION)

    await asyncio.wait_for(executions.run(execution_id, FIRST, job_id=first), 5)
    assert (await stored(uow, execution_id)).attempts == 0

    second = asyncio.ensure_future(executions.run(execution_id, FIRST, job_id=retried.job_id))
    await kind.paused.wait()
    # It would keep one of few places while it waits.
    await asyncio.wait_for(executions.run(execution_id, FIRST, job_id=first), 5)
    kind.go_on.set()
    await second
    assert (await stored(uow, execution_id)).status is ExecutionStatus.COMPLETED


@pytest.fixture
async def unaware(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    monkeypatch: pytest.MonkeyPatch,
    run: Runs,
) -> tuple[UUID, asyncio.Task[None]]:
    """An execution, and an attempt at it that does not look whether it still has the lease."""
    monkeypatch.setattr(attempts, "_RENEWAL_SECONDS", 600.0)
    execution_id = await begin(executions, member, "one", pause="one")
    task = run(execution_id)
    await kind.paused.wait()
    return execution_id, task


async def test_a_stop_ends_an_attempt_that_has_lost_its_lease(
    unaware: tuple[UUID, asyncio.Task[None]], uow: SqlUnitOfWorkFactory
) -> None:
    execution_id, task = unaware
    await change(uow, execution_id, attempts=2, leased_until=now() + attempts.LEASE)

    task.cancel()
    await asyncio.wait({task}, timeout=5)

    assert task.cancelled()
    after = await stored(uow, execution_id)
    assert (after.status, after.attempts) == (ExecutionStatus.RUNNING, 2)


async def test_an_attempt_at_what_was_deleted_just_ends(
    unaware: tuple[UUID, asyncio.Task[None]], uow: SqlUnitOfWorkFactory, kind: StepsKind
) -> None:
    execution_id, task = unaware
    async with uow(SYSTEM) as unit:
        await unit.executions.delete(await unit.executions.get(execution_id))
        await unit.commit()

    kind.go_on.set()

    await asyncio.wait_for(task, SECONDS)


async def test_a_short_outage_of_the_database_ends_nothing(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    uow: SqlUnitOfWorkFactory,
    database: Database,
    run: Runs,
) -> None:
    execution_id = await begin(executions, member, "one", pause="one")
    working = run(execution_id)
    await kind.paused.wait()

    async with database.engine.connect() as connection:
        await connection.execute(text("ALTER TABLE executions RENAME TO away"))
        try:
            await asyncio.sleep(1.2)
        finally:
            await connection.execute(text("ALTER TABLE away RENAME TO executions"))
    kind.go_on.set()
    await working

    done = await stored(uow, execution_id)
    assert (done.status, done.attempts) == (ExecutionStatus.COMPLETED, 1)


async def test_the_lease_is_renewed_without_a_new_version(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    uow: SqlUnitOfWorkFactory,
    run: Runs,
) -> None:
    execution_id = await begin(executions, member, "one", pause="one")
    run(execution_id)
    await kind.paused.wait()
    before = await stored(uow, execution_id)

    async def is_renewed() -> bool:
        return (await stored(uow, execution_id)).leased_until != before.leased_until

    await until(is_renewed)

    after = await stored(uow, execution_id)
    assert after.leased_until is not None
    assert before.leased_until is not None
    assert after.leased_until > before.leased_until
    # The progress that was held back may have been written.
    assert after.version - before.version <= 1


async def test_what_is_running_is_cancelled_in_a_second_or_two(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    uow: SqlUnitOfWorkFactory,
    run: Runs,
) -> None:
    execution_id = await begin(executions, member, "one", "two", pause="two")
    working = run(execution_id)
    await kind.paused.wait()

    asked = await executions.cancel(execution_id, member.principal)
    await executions.cancel(execution_id, member.principal)
    await asyncio.wait_for(working, SECONDS)

    assert asked.status is ExecutionStatus.RUNNING
    ended = await stored(uow, execution_id)
    assert (ended.status, ended.error) == (ExecutionStatus.CANCELLED, None)
    assert (kind.running, kind.done) == (0, ["one"])
    async with uow.reading(SYSTEM) as unit:
        told = await unit.events.page(EventQuery(type=["execution.cancelled"]))
    assert len(told.items) == 1


TOMORROW = timedelta(days=1)
"""By how much the clock goes back after a crash."""


async def test_a_lease_of_before_the_clock_went_back_is_over(
    executions: ExecutionService, kind: StepsKind, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, "one")
    left = {"status": ExecutionStatus.RUNNING, "leased_until": now() + TOMORROW}
    await change(uow, execution_id, **left)

    await asyncio.wait_for(executions.run(execution_id, FIRST), SECONDS)

    assert kind.done == ["one"]
    assert (await stored(uow, execution_id)).status is ExecutionStatus.COMPLETED


async def test_what_has_crashed_before_the_clock_went_back_is_cancelled_at_once(
    executions: ExecutionService, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, "one")
    left = {"status": ExecutionStatus.RUNNING, "leased_until": now() + TOMORROW}
    await change(uow, execution_id, **left)

    ended = await executions.cancel(execution_id, member.principal)

    assert ended.status is ExecutionStatus.CANCELLED


@pytest.mark.parametrize("status", [ExecutionStatus.PENDING, ExecutionStatus.RUNNING])
async def test_what_was_abandoned_before_the_clock_went_back_is_ended(
    executions: ExecutionService,
    member: Person,
    uow: SqlUnitOfWorkFactory,
    database: Database,
    status: ExecutionStatus,
) -> None:
    execution_id = await begin(executions, member, "one")
    leased = now() + TOMORROW if status is ExecutionStatus.RUNNING else None
    left = {"status": status, "leased_until": leased, "updated_at": now() + TOMORROW}
    await change(uow, execution_id, **left)
    async with database.engine.connect() as connection:
        await connection.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))

    await executions.end_abandoned()

    assert (await stored(uow, execution_id)).status is ExecutionStatus.FAILED


async def test_what_was_cancelled_after_a_crash_is_not_begun_again(
    executions: ExecutionService, kind: StepsKind, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, "one")
    left = {"status": ExecutionStatus.RUNNING, "cancel_requested_at": now()}
    await change(uow, execution_id, **left)

    await executions.run(execution_id, FIRST)

    assert (await stored(uow, execution_id)).status is ExecutionStatus.CANCELLED
    assert kind.done == []


async def test_a_retry_keeps_finished_steps(
    executions: ExecutionService, kind: StepsKind, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, "one", error="domain")
    await executions.run(execution_id, FIRST)
    await change(uow, execution_id, inputs={"steps": ["one", "two"]})

    answer = await member.post(f"/executions/{execution_id}/retry")
    await executions.run(execution_id, FIRST)

    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["error"]) == ("pending", None)
    assert kind.done == ["one", "two"]
    assert (await stored(uow, execution_id)).status is ExecutionStatus.COMPLETED


async def test_what_its_owner_can_mend_ends_it_and_is_told(
    executions: ExecutionService, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, error="domain")

    await executions.run(execution_id, FIRST)

    failed = await stored(uow, execution_id)
    assert (failed.status, failed.error) == (ExecutionStatus.FAILED, "There is nothing to count.")


async def test_any_other_error_lets_it_be_tried_again_and_tells_no_details(
    executions: ExecutionService, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, error="the secret of the machine")

    with pytest.raises(ZeroDivisionError):
        await executions.run(execution_id, FIRST)

    left = await stored(uow, execution_id)
    assert (left.status, left.attempts) == (ExecutionStatus.PENDING, 1)
    assert left.error is not None
    assert "secret" not in left.error


async def test_the_last_attempt_ends_it(
    executions: ExecutionService, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, error="the secret of the machine")

    with pytest.raises(ZeroDivisionError):
        await executions.run(execution_id, FIRST, last_attempt=True)

    failed = await stored(uow, execution_id)
    assert failed.status is ExecutionStatus.FAILED
    assert failed.error is not None
    assert "secret" not in failed.error


class UnstorableKind(StepsKind):
    """Its result, or its error, is one that the database refuses."""

    async def run(self, inputs: StepsInputs, run: ExecutionContext, found: None) -> StepsResult:
        if inputs.error:
            raise ConflictError("\x00")
        return StepsResult(steps=["\x00"])


@pytest.mark.parametrize("error", [None, "domain"])
async def test_an_end_that_cannot_be_written_hands_it_back(
    member: Person, uow: SqlUnitOfWorkFactory, error: str | None
) -> None:
    executions = service_with(uow, UnstorableKind())
    execution_id = await begin(executions, member, error=error)

    with pytest.raises(DataError):
        await executions.run(execution_id, FIRST)
    handed_back = await stored(uow, execution_id)
    with pytest.raises(DataError):
        await executions.run(execution_id, FIRST, last_attempt=True)

    ended = await stored(uow, execution_id)
    assert (handed_back.status, handed_back.leased_until) == (ExecutionStatus.PENDING, None)
    assert (ended.status, ended.attempts) == (ExecutionStatus.FAILED, 2)


async def test_a_deactivated_owner_gets_no_more_work_done(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    admin: Person,
    uow: SqlUnitOfWorkFactory,
) -> None:
    execution_id = await begin(executions, member, "one")
    await admin.post(f"/users/{member.user.id}/deactivate")

    await executions.run(execution_id, FIRST)

    failed = await stored(uow, execution_id)
    assert (failed.status, failed.error) == (ExecutionStatus.FAILED, "The account is deactivated.")
    assert kind.done == []


async def test_a_permission_that_was_lost_ends_it(
    executions: ExecutionService, member: Person, admin: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, "one")
    await admin.put(f"/users/{member.user.id}/role", json={"role": "viewer"})

    await executions.run(execution_id, FIRST)

    failed = await stored(uow, execution_id)
    assert failed.status is ExecutionStatus.FAILED
    assert failed.error is not None
    assert "tasks:write" in failed.error


@pytest.mark.parametrize(("field", "value"), [("kind", "gone"), ("inputs", {"stages": []})])
async def test_what_another_version_has_left_ends_with_a_clear_text(
    executions: ExecutionService, member: Person, uow: SqlUnitOfWorkFactory, field: str, value: Any
) -> None:
    execution_id = await begin(executions, member, "one")
    await change(uow, execution_id, **{field: value})

    await executions.run(execution_id, FIRST)

    failed = await stored(uow, execution_id)
    assert failed.status is ExecutionStatus.FAILED
    assert failed.error is not None
    assert failed.error.startswith(f"{field}: This version of the program")


@pytest.mark.parametrize("status", ["failed", "cancelled", "succeeded", None])
async def test_what_no_job_will_run_any_more_is_ended(
    executions: ExecutionService,
    member: Person,
    uow: SqlUnitOfWorkFactory,
    database: Database,
    status: str | None,
) -> None:
    execution_id = await begin(executions, member, "one")
    await end_job(database, status)

    await executions.end_abandoned()
    assert (await stored(uow, execution_id)).status is ExecutionStatus.PENDING

    await change(uow, execution_id, updated_at=now() - timedelta(minutes=2))
    await executions.end_abandoned()
    failed = await stored(uow, execution_id)
    assert failed.status is ExecutionStatus.FAILED
    assert "Retry it" in (failed.error or "")


async def test_what_waits_for_its_job_is_not_ended(
    executions: ExecutionService, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, "one")
    await change(uow, execution_id, updated_at=now() - timedelta(days=2))

    await executions.end_abandoned()

    assert (await stored(uow, execution_id)).status is ExecutionStatus.PENDING


async def end_job(database: Database, status: str | None) -> None:
    """Leave all jobs in a state, or remove them."""
    change = f"UPDATE procrastinate_jobs SET status = '{status}'"  # noqa: S608
    async with database.engine.connect() as connection:
        await connection.execute(text(change if status else "DELETE FROM procrastinate_jobs"))


async def test_progress_is_written_now_and_then_and_the_last_of_it_is_kept(
    executions: ExecutionService, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution_id = await begin(executions, member, reports=1_000)
    begun = monotonic()

    await executions.run(execution_id, FIRST)

    seconds = monotonic() - begun
    done = await stored(uow, execution_id)
    assert (done.progress_done, done.progress_message) == (1_000, "Report 1000")
    # Taken, the first of the progress, and the end; the rest is more on a machine that is busy.
    writes = seconds / attempts._SECONDS_BETWEEN_WRITES + seconds / attempts._RENEWAL_SECONDS
    assert done.version <= 4 + writes


async def test_progress_whose_write_was_cancelled_is_written_with_the_end(
    executions: ExecutionService, member: Person, uow: SqlUnitOfWorkFactory, database: Database
) -> None:
    """As when the work ends while the lease is renewed."""
    execution_id = await begin(executions, member)
    async with uow(SYSTEM) as unit:
        execution = await unit.executions.take(execution_id, attempts.LEASE)
        assert execution is not None
        await unit.commit()
    attempt = attempts.Attempt(uow, execution, member.principal, [], asking_each_time(uow))
    async with database.writing_session() as session:
        # It is read, but not written.
        await (await session.connection()).execute(text("LOCK TABLE executions IN SHARE MODE"))
        writing = asyncio.ensure_future(attempt.progress(3, 10, "Three of ten"))
        await until_waiting(database)
        writing.cancel()
        await asyncio.wait([writing])

    await attempt.finish(ExecutionStatus.COMPLETED)

    assert (await stored(uow, execution_id)).progress_done == 3


async def test_what_happens_is_recorded(
    executions: ExecutionService, member: Person, database: Database
) -> None:
    execution_id = await begin(executions, member, error="domain")
    await executions.run(execution_id, FIRST)
    await member.post(f"/executions/{execution_id}/retry")
    await member.post(f"/executions/{execution_id}/cancel")
    await member.delete(f"/executions/{execution_id}")

    events = await events_of(database, execution_id)

    assert [event.type for event in events] == [
        "execution.requested",
        "execution.finished",
        "execution.retried",
        "execution.finished",
        "execution.cancelled",
        "execution.deleted",
    ]
    ended = events[1]
    assert ended.changes == {"status": {"before": "running", "after": "failed"}}
    assert (ended.actor_id, ended.means) == (member.user.id, Means.JOB)
