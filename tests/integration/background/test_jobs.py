"""Jobs, run by the real worker and looked after by admins."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.logging import request_id
from backend.core.permissions import Role
from backend.core.scopes import FIRST, SYSTEM
from backend.models.background.jobs import JobFailure, TakeOverRules
from backend.models.platform.audit_events import EventQuery
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.mixins import new_id
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.background.jobs import DATABASE_LOST, WORKER_DIED
from tests.fixtures.application import running_app
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.processes import free_port
from tests.fixtures.waiting import SECONDS, until


async def deferred(uow: SqlUnitOfWorkFactory, task: str = "work", **args: Any) -> int:
    async with uow(SYSTEM) as unit:
        job_id = await unit.defer(JobRequest(task, Queue.EVENTS, args))
        await unit.commit()
    return job_id


async def changed(database: Database, job_id: int, changes: str) -> None:
    """Bring a job into a state that takes too long to reach."""
    async with database.engine.connect() as connection:
        statement = f"UPDATE procrastinate_jobs SET {changes} WHERE id = {job_id}"  # noqa: S608
        await connection.execute(text(statement))


async def job_of(person: Person, job_id: int) -> dict[str, Any]:
    answer = await person.get(f"/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def has_status(person: Person, job_id: int, status: str) -> bool:
    found: str = (await job_of(person, job_id))["status"]
    return found == status


def without_database(settings: Settings) -> Settings:
    nowhere = SecretStr(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    database = settings.database.model_copy(update={"url": nowhere})
    return settings.model_copy(update={"database": database})


def with_worker(settings: Settings, **changes: Any) -> Settings:
    worker = settings.worker.model_copy(update={"enabled": True} | changes)
    return settings.model_copy(update={"worker": worker})


def with_task(jobs: Jobs, work: Callable[..., Awaitable[None]]) -> None:
    jobs.app.task(name="work", queue=Queue.EVENTS)(work)


async def test_a_job_runs_with_its_arguments_and_tells_how_it_went(
    jobs: Jobs, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    seen: list[tuple[int, str | None]] = []

    async def work(number: int) -> None:
        seen.append((number, request_id()))

    with_task(jobs, work)
    job_id = await deferred(uow, number=7)
    before = await job_of(admin, job_id)

    await jobs.drain()

    assert seen == [(7, f"job-{job_id}")]
    after = await job_of(admin, job_id)
    assert (before["status"], before["started_at"], before["finished_at"]) == (
        "pending",
        None,
        None,
    )
    assert (after["status"], after["attempts"], after["last_error"]) == ("completed", 1, None)
    assert (after["task"], after["queue"], after["args"]) == ("work", "events", {"number": 7})
    times = [datetime.fromisoformat(after[f"{n}_at"]) for n in ("created", "started", "finished")]
    assert times == sorted(times)


async def test_a_job_of_a_transaction_that_was_rolled_back_never_was(
    jobs: Jobs, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    async with uow(SYSTEM) as unit:
        await unit.defer(JobRequest("work", Queue.EVENTS))

    assert (await admin.get("/jobs")).json()["items"] == []


async def test_a_failed_attempt_leaves_its_error_without_local_variables(
    jobs: Jobs, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    async def work() -> None:
        password = "hunter" + "2"
        raise ValueError(f"half a pair \udcff and a NUL \0 of {len(password)}")

    with_task(jobs, work)
    job_id = await deferred(uow)

    await jobs.drain()

    job = await job_of(admin, job_id)
    assert (job["status"], job["attempts"], job["finished_at"]) == ("pending", 1, None)
    assert datetime.fromisoformat(job["scheduled_at"]) > datetime.now(UTC)
    assert job["last_error"].startswith("Traceback")
    assert job["last_error"].endswith("ValueError: half a pair ? and a NUL � of 7\n")
    assert "hunter2" not in job["last_error"]


async def test_after_the_last_attempt_a_job_is_dead_until_an_admin_retries_it(
    jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    broken = True

    async def work() -> None:
        if broken:
            raise ValueError("broken")

    with_task(jobs, work)
    job_id = await deferred(uow)
    await changed(database, job_id, f"attempts = {jobs.settings.worker.attempts - 1}")
    await jobs.drain()
    assert (await job_of(admin, job_id))["status"] == "failed"

    broken = False
    retried = await admin.post(f"/jobs/{job_id}/retry")

    assert retried.status_code == 200
    assert (retried.json()["status"], retried.json()["attempts"]) == ("pending", 0)
    await jobs.drain()
    job = await job_of(admin, job_id)
    assert (job["status"], job["attempts"]) == ("completed", 1)
    assert job["last_error"].endswith("ValueError: broken\n")


async def test_dead_jobs_are_retried_together(
    jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    ids = [await deferred(uow) for _ in range(103)]
    alive, cancelled, periodic = ids[:3]
    for job_id in ids[1:]:
        await changed(database, job_id, "status = 'failed', attempts = 10")
    await changed(database, cancelled, "status = 'cancelled'")
    await changed(database, periodic, "queueing_lock = 'a tick'")

    assert await jobs.services.background.jobs.retry_failed(by=admin.principal) == 100
    assert await jobs.services.background.jobs.retry_failed() == 0

    pending = (await admin.get("/jobs", params={"status": "pending", "limit": 200})).json()
    assert {job["id"] for job in pending["items"]} == {alive, *ids[3:]}
    assert {job["attempts"] for job in pending["items"]} == {0}
    async with uow.reading(SYSTEM) as unit:
        events = (await unit.events.page(EventQuery(type=["job.retried"], limit=200))).items
    assert {event.after("job_id") for event in events} == set(ids[3:])
    assert {event.actor_id for event in events} == {admin.user.id}


async def test_mails_are_tried_more_often_than_other_jobs(
    jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    async def work() -> None:
        raise ValueError("broken")

    jobs.app.task(name="work", queue=Queue.MAIL)(work)
    job_id = await deferred(uow)
    last = jobs.settings.worker.attempts - 1
    await changed(database, job_id, f"attempts = {last}, queue_name = 'mail'")

    await jobs.drain()

    assert (await job_of(admin, job_id))["status"] == "pending"


async def test_a_waiting_job_is_cancelled_and_may_be_retried(
    jobs: Jobs, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1

    with_task(jobs, work)
    job_id = await deferred(uow)

    cancelled = (await admin.post(f"/jobs/{job_id}/cancel")).json()

    assert (cancelled["status"], cancelled["cancel_requested"]) == ("cancelled", False)
    assert cancelled["finished_at"]
    await jobs.drain()
    assert runs == 0
    assert (await admin.post(f"/jobs/{job_id}/retry")).status_code == 200
    await jobs.drain()
    assert runs == 1


async def test_a_running_job_is_stopped_and_not_retried(
    jobs: Jobs, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    running = asyncio.Event()

    async def work() -> None:
        running.set()
        await asyncio.sleep(60)

    with_task(jobs, work)
    job_id = await deferred(uow)
    async with jobs.supervisor(Queue.EVENTS).running(), asyncio.timeout(SECONDS):
        await running.wait()

        told = (await admin.post(f"/jobs/{job_id}/cancel")).json()

        assert (told["status"], told["cancel_requested"]) == ("running", True)
        await until(lambda: has_status(admin, job_id, "cancelled"))
    job = await job_of(admin, job_id)
    assert (job["status"], job["cancel_requested"]) == ("cancelled", False)


async def test_a_worker_that_stops_hands_back_what_it_has_not_finished(
    jobs: Jobs, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    running = asyncio.Event()

    async def work() -> None:
        running.set()
        await asyncio.sleep(60)

    with_task(jobs, work)
    job_id = await deferred(uow)

    async with jobs.supervisor(Queue.EVENTS).running(), asyncio.timeout(SECONDS):
        await running.wait()

    job = await job_of(admin, job_id)
    assert (job["status"], job["attempts"], job["last_error"]) == ("pending", 0, None)


async def test_a_worker_that_has_ended_is_started_again_and_the_probe_knows(
    jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    async def work() -> None:
        pass

    async def is_away() -> bool:
        return await supervisor.check() is not None

    async def runs() -> bool:
        return not await is_away()

    async def rename(table: str, name: str) -> None:
        async with database.engine.connect() as connection:
            await connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))

    with_task(jobs, work)
    supervisor = jobs.supervisor(Queue.EVENTS)
    async with supervisor.running(), asyncio.timeout(SECONDS):
        await until(runs)
        # Heartbeats and new workers fail without it.
        await rename("procrastinate_workers", "away")
        try:
            await until(is_away)
        finally:
            await rename("away", "procrastinate_workers")
        await until(runs)

        job_id = await deferred(uow)
        await until(lambda: has_status(admin, job_id, "completed"))


async def test_a_server_runs_jobs_beside_its_requests(
    settings: Settings, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    async with running_app(with_worker(settings)) as client, asyncio.timeout(SECONDS):
        job_id = await deferred(uow, "a task that is not there")
        await until(lambda: has_status(admin, job_id, "failed"))

        assert (await client.get("/health/ready")).status_code == 200


async def test_a_server_without_a_database_says_that_its_worker_does_not_run(
    settings: Settings,
) -> None:
    away = with_worker(without_database(settings), stalled_seconds=0)
    async with running_app(away) as client:
        answer = await client.get("/health/ready")

    assert answer.status_code == 503
    assert "worker: not running for " in answer.json()["detail"]


async def test_a_server_without_a_worker_does_not_mention_it(settings: Settings) -> None:
    async with running_app(without_database(settings)) as client:
        answer = await client.get("/health/ready")

    assert answer.status_code == 503
    assert "worker" not in answer.json()["detail"]


async def test_a_task_that_cancels_itself_has_failed(
    jobs: Jobs, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with_task(jobs, work)
    job_id = await deferred(uow)

    await jobs.drain(Queue.EVENTS)

    job = await job_of(admin, job_id)
    assert (job["status"], job["attempts"]) == ("pending", 1)
    assert "cancelled from inside" in job["last_error"]


@pytest.mark.parametrize(
    ("status", "action", "detail"),
    [
        ("todo", "retry", "The job is already waiting for its turn."),
        ("doing", "retry", "The job is running; cancel it first, or wait for it to end."),
        ("succeeded", "retry", "The job has completed; it can't be run again."),
        ("succeeded", "cancel", "The job has already completed."),
        ("failed", "cancel", "The job has already failed for good."),
        ("cancelled", "cancel", "The job is already cancelled."),
    ],
)
async def test_what_a_state_does_not_allow_is_refused(
    database: Database,
    uow: SqlUnitOfWorkFactory,
    admin: Person,
    status: str,
    action: str,
    detail: str,
) -> None:
    job_id = await deferred(uow)
    await changed(database, job_id, f"status = '{status}'")

    refused = await admin.post(f"/jobs/{job_id}/{action}")

    assert (refused.status_code, refused.json()["detail"]) == (409, detail)


@pytest.mark.parametrize("path", ["/jobs/99", "/jobs/99/retry", "/jobs/99/cancel"])
async def test_a_job_that_is_not_there_is_not_found(admin: Person, path: str) -> None:
    answer = await admin.request("GET" if path == "/jobs/99" else "POST", path)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no job with the id 99."


@pytest.mark.parametrize("job_id", ["0", "abc", str(2**63)])
async def test_an_id_that_cannot_be_one_is_refused(admin: Person, job_id: str) -> None:
    assert (await admin.get(f"/jobs/{job_id}")).status_code == 422


async def test_a_periodic_job_is_not_retried_while_its_next_one_waits(
    admin: Person, database: Database
) -> None:
    add = text(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock)"
        " VALUES ('maintenance', 'clean', 'clean') RETURNING id"
    )
    async with database.engine.connect() as connection:
        failed = (await connection.execute(add)).scalar_one()
        await connection.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
        await connection.execute(add)

    answer = await admin.post(f"/jobs/{failed}/retry")

    assert answer.status_code == 409
    assert "is already waiting" in answer.json()["detail"]


async def test_retrying_and_cancelling_are_recorded(
    uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    job_id = await deferred(uow)
    await admin.post(f"/jobs/{job_id}/cancel")
    await admin.post(f"/jobs/{job_id}/retry")

    async with uow.reading(SYSTEM) as unit:
        retried, cancelled = (await unit.events.page(EventQuery())).items

    assert [cancelled.type, retried.type] == ["job.cancelled", "job.retried"]
    assert retried.actor_id == admin.user.id
    assert retried.changes == {
        "job_id": {"before": job_id, "after": job_id},
        "status": {"before": "cancelled", "after": "pending"},
    }


async def test_the_list_is_filtered_and_paged(
    database: Database, uow: SqlUnitOfWorkFactory, admin: Person
) -> None:
    first, second, third = [await deferred(uow, task) for task in ("a", "b", "a")]
    await changed(database, first, "status = 'failed'")
    await changed(database, second, "status = 'aborted', queue_name = 'mail'")

    async def ids(**query: Any) -> list[int]:
        answer = await admin.get("/jobs", params=query)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await ids() == [third, second, first]
    assert await ids(sort="id") == [first, second, third]
    assert await ids(task="a") == [third, first]
    assert await ids(queue="mail") == [second]
    assert await ids(status=["failed", "cancelled"]) == [second, first]
    page = (await admin.get("/jobs", params={"limit": 2, "total": True, "task": "a"})).json()
    assert (page["total"], page["next_cursor"]) == (2, None)


@pytest.mark.parametrize("query", [{"status": "dead"}, {"queue": "none"}, {"sort": "task"}])
async def test_a_filter_that_cannot_match_is_refused(admin: Person, query: dict[str, str]) -> None:
    assert (await admin.get("/jobs", params=query)).status_code == 422


RULES = TakeOverRules(
    silence=timedelta(seconds=20),
    max_attempts=lambda queue: 3 if queue == Queue.MAIL else 2,
    max_crashes=10,
    longest_pause=timedelta(minutes=10),
)


class TestSweep:
    @staticmethod
    async def stalled(database: Database, uow: SqlUnitOfWorkFactory, changes: str = "") -> int:
        """A job whose worker is gone."""
        job_id = await deferred(uow)
        await changed(database, job_id, "status = 'doing'" + (changes and f", {changes}"))
        return job_id

    async def test_a_job_of_a_dead_worker_is_tried_again(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        job_id = await self.stalled(database, uow)

        assert (await jobs.services.background.jobs.take_over_stalled(RULES)).jobs == 1

        job = await job_of(admin, job_id)
        assert (job["status"], job["attempts"], job["last_error"]) == ("pending", 1, WORKER_DIED)

    async def test_after_its_last_attempt_it_is_dead_with_the_reason(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        job_id = await self.stalled(database, uow, "attempts = 1")

        await jobs.services.background.jobs.take_over_stalled(RULES)

        job = await job_of(admin, job_id)
        assert (job["status"], job["attempts"], job["last_error"]) == ("failed", 2, WORKER_DIED)

    async def test_each_queue_has_its_own_last_attempt(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        job_id = await self.stalled(database, uow, "attempts = 1, queue_name = 'mail'")

        await jobs.services.background.jobs.take_over_stalled(RULES)

        assert (await job_of(admin, job_id))["status"] == "pending"

    async def test_the_sweep_goes_by_the_settings_of_the_queue(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        last = f"attempts = {jobs.settings.worker.attempts - 1}"
        event, mail = [
            await self.stalled(database, uow, f"{last}, queue_name = '{queue}'")
            for queue in ("events", "mail")
        ]

        await jobs.app.tasks["take_over_stalled_jobs"](timestamp=0)

        assert (await job_of(admin, event))["status"] == "failed"
        assert (await job_of(admin, mail))["status"] == "pending"

    @pytest.mark.parametrize("changes", ["abort_requested = true", "queueing_lock = 'x'"])
    async def test_what_shall_not_run_again_does_not(
        self,
        jobs: Jobs,
        database: Database,
        uow: SqlUnitOfWorkFactory,
        admin: Person,
        changes: str,
    ) -> None:
        job_id = await self.stalled(database, uow, changes)

        await jobs.services.background.jobs.take_over_stalled(RULES)

        assert (await job_of(admin, job_id))["status"] == "cancelled"

    async def test_the_silence_decides_who_is_dead(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        silent, alive = [await self.stalled(database, uow) for _ in range(2)]
        beat = text(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => :seconds)) RETURNING id"
        )
        async with database.engine.connect() as connection:
            for job_id, seconds in ((silent, 21), (alive, 19)):
                worker = await connection.scalar(beat, {"seconds": seconds})
                await changed(database, job_id, f"worker_id = {worker}")

        await jobs.services.background.jobs.take_over_stalled(RULES)

        assert (await job_of(admin, silent))["status"] == "pending"
        assert (await job_of(admin, alive))["status"] == "running"

    async def test_a_job_whose_workers_die_is_dead_after_a_few_of_them(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        rules = replace(RULES, max_crashes=3, max_attempts=lambda _: 100)
        job_id = await self.stalled(database, uow)
        seen = []

        for _ in range(3):
            await changed(database, job_id, "status = 'doing'")
            taken = await jobs.services.background.jobs.take_over_stalled(rules)
            job = await job_of(admin, job_id)
            seen.append((job["status"], job["attempts"], len(taken.dead)))

        assert seen == [("pending", 1, 0), ("pending", 2, 0), ("failed", 3, 1)]
        assert "died 3 times" in job["last_error"]

    async def test_other_errors_are_no_crashes(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        rules = replace(RULES, max_crashes=2, max_attempts=lambda _: 100)
        job_id = await self.stalled(database, uow)
        await jobs.services.background.jobs.take_over_stalled(rules)

        for attempts in range(2, 5):
            failure = JobFailure(job_id=job_id, attempts=attempts, error="It failed.")
            await jobs.services.background.jobs.keep_failure(failure)
        await changed(database, job_id, "status = 'doing'")
        await jobs.services.background.jobs.take_over_stalled(rules)

        assert (await job_of(admin, job_id))["status"] == "failed"

    async def test_an_outage_of_the_database_is_no_crash(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        rules = replace(RULES, max_crashes=1)
        job_id = await self.stalled(database, uow)
        begun = "UPDATE procrastinate_events SET at = pg_postmaster_start_time() - interval '1 s'"
        async with database.engine.connect() as connection:
            await connection.execute(text(begun))

        await jobs.services.background.jobs.take_over_stalled(rules)

        job = await job_of(admin, job_id)
        assert (job["status"], job["last_error"]) == ("pending", DATABASE_LOST)

    async def test_who_retries_a_dead_job_gives_it_all_crashes_anew(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        rules = replace(RULES, max_crashes=2, max_attempts=lambda _: 100)
        job_id = await self.stalled(database, uow)
        for _ in range(2):
            await changed(database, job_id, "status = 'doing'")
            await jobs.services.background.jobs.take_over_stalled(rules)

        assert (await admin.post(f"/jobs/{job_id}/retry")).status_code == 200
        assert await lock_of(database, job_id) is None
        await changed(database, job_id, "status = 'doing'")
        await jobs.services.background.jobs.take_over_stalled(rules)

        assert (await job_of(admin, job_id))["status"] == "pending"

    async def test_before_the_last_crash_suspects_run_one_at_a_time(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory
    ) -> None:
        running, most, done = 0, 0, 0

        @jobs.app.task(name="work", queue=Queue.EVENTS)
        async def work() -> None:
            nonlocal running, most, done
            running += 1
            most = max(running, most)
            await asyncio.sleep(0.05)
            running -= 1
            done += 1

        for _ in range(3):
            await self.stalled(database, uow)
        await jobs.services.background.jobs.take_over_stalled(replace(RULES, max_crashes=2))

        # Each of them ends when it finds nothing that it may begin.
        await asyncio.gather(*(jobs.drain(Queue.EVENTS) for _ in range(2)))
        for _ in range(3):
            await jobs.drain(Queue.EVENTS)

        assert (most, done) == (1, 3)

    async def test_a_suspect_that_only_fails_holds_up_no_other(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        @jobs.app.task(name="work", queue=Queue.EVENTS)
        async def work(number: int) -> None:
            if number == 0:
                raise ZeroDivisionError

        ids = [await deferred(uow, number=number) for number in range(2)]
        for job_id in ids:
            await changed(database, job_id, "status = 'doing'")
        rules = replace(RULES, max_crashes=2, max_attempts=lambda _: 100)
        await jobs.services.background.jobs.take_over_stalled(rules)

        for _ in ids:
            await jobs.drain(Queue.EVENTS)

        assert [(await job_of(admin, each))["status"] for each in ids] == ["pending", "completed"]
        assert await lock_of(database, ids[0]) == f"job {ids[0]}"

    async def test_an_execution_whose_workers_die_ends_and_says_so(
        self, jobs: Jobs, database: Database, admin: Person, viewer: Person
    ) -> None:
        report = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
        execution = (await viewer.post("/executions", json=report)).json()
        sweep = jobs.app.tasks["take_over_stalled_jobs"]

        for _ in range(jobs.settings.worker.crashes):
            await changed(database, execution["job_id"], "status = 'doing'")
            await sweep(timestamp=0)

        ended = (await viewer.get(f"/executions/{execution['id']}")).json()
        assert ended["status"] == "failed"
        assert "died several times" in ended["error"]
        assert (await job_of(admin, execution["job_id"]))["attempts"] == 3
        retried = await viewer.post(f"/executions/{execution['id']}/retry")
        assert retried.status_code == 202
        await jobs.drain(Queue.EXECUTIONS)
        assert (await viewer.get(f"/executions/{execution['id']}")).json()["status"] == "completed"

    async def test_a_job_of_an_execution_that_another_one_runs_by_now_leaves_it_alone(
        self, jobs: Jobs, viewer: Person
    ) -> None:
        report = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
        execution = (await viewer.post("/executions", json=report)).json()

        executions = jobs.services.background.executions
        for end in (executions.end_crashed, executions.end_stopped):
            await end(UUID(execution["id"]), FIRST, 0)
            await end(new_id(), FIRST, 0)

        assert (await viewer.get(f"/executions/{execution['id']}")).json()["status"] == "pending"

    async def test_a_heartbeat_of_before_the_clock_went_back_is_as_old_as_now(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        job_id = await self.stalled(database, uow)
        beat = (
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() + interval '1 day') RETURNING id"
        )
        async with database.engine.connect() as connection:
            worker = await connection.scalar(text(beat))
            await changed(database, job_id, f"worker_id = {worker}")
        short = replace(RULES, silence=timedelta(seconds=0.3))

        await jobs.services.background.jobs.take_over_stalled(short)
        at_first = (await job_of(admin, job_id))["status"]
        await asyncio.sleep(0.4)
        await jobs.services.background.jobs.take_over_stalled(short)

        # It might have been alive, and about to say so.
        assert (at_first, (await job_of(admin, job_id))["status"]) == ("running", "pending")

    async def test_no_pause_is_longer_than_the_longest_whatever_the_clock_was(
        self, jobs: Jobs, database: Database, uow: SqlUnitOfWorkFactory, admin: Person
    ) -> None:
        far, near = [await deferred(uow) for _ in range(2)]
        await changed(database, far, "scheduled_at = now() + interval '1 day'")
        await changed(database, near, "scheduled_at = now() + interval '9 minutes'")

        await jobs.services.background.jobs.take_over_stalled(RULES)

        due = [
            datetime.fromisoformat((await job_of(admin, i))["scheduled_at"]) for i in (far, near)
        ]
        assert due[0] <= datetime.now(UTC) < due[1]


async def lock_of(database: Database, job_id: int) -> str | None:
    async with database.engine.connect() as connection:
        locks = await connection.execute(
            text("SELECT lock FROM procrastinate_jobs WHERE id = :id"), {"id": job_id}
        )
        lock: str | None = locks.scalar_one()
        return lock


OLDEST = 'jobs_oldest_waiting_seconds{queue="events"}'


async def test_metrics_tell_the_state_of_each_queue(
    client: httpx2.AsyncClient, database: Database, uow: SqlUnitOfWorkFactory
) -> None:
    states = ("todo", "todo", "doing", "failed", "succeeded")
    ids = [await deferred(uow) for _ in states]
    for job_id, status in zip(ids, states, strict=True):
        await changed(database, job_id, f"status = '{status}'")
    async with database.engine.connect() as connection:
        await connection.execute(
            text("UPDATE procrastinate_events SET at = now() - interval '1 hour'")
        )
    # It waits for its time, not for a worker.
    later = await deferred(uow)
    await changed(database, later, "scheduled_at = now() + interval '1 hour'")

    lines = (await client.get("/metrics")).text.splitlines()

    assert 'jobs_waiting{queue="events"} 2.0' in lines
    assert 'jobs_running{queue="events"} 1.0' in lines
    assert 'jobs_failed{queue="events"} 1.0' in lines
    [age] = [
        line for line in lines if line.startswith('jobs_oldest_waiting_seconds{queue="events"')
    ]
    assert 3600 <= float(age.rpartition(" ")[2]) < 3700
    # A queue in which nothing ever was is told of, too.
    assert 'jobs_waiting{queue="mail"} 0.0' in lines


async def test_metrics_tell_of_jobs_that_pause_before_their_next_attempt(
    client: httpx2.AsyncClient, database: Database, uow: SqlUnitOfWorkFactory
) -> None:
    failing = await deferred(uow)
    await changed(database, failing, "scheduled_at = now() + interval '1 hour', attempts = 3")
    async with database.engine.connect() as connection:
        await connection.execute(
            text("UPDATE procrastinate_events SET at = now() - interval '2 hours'")
        )

    lines = (await client.get("/metrics")).text.splitlines()

    assert 'jobs_waiting{queue="events"} 0.0' in lines
    assert 'jobs_retrying{queue="events"} 1.0' in lines
    [age] = [
        line for line in lines if line.startswith('jobs_oldest_waiting_seconds{queue="events"')
    ]
    assert 7200 <= float(age.rpartition(" ")[2]) < 7300


async def test_without_a_database_the_other_metrics_are_told_all_the_same(
    settings: Settings,
) -> None:
    async with running_app(without_database(settings)) as client:
        answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert "http_requests_total" in answer.text
    assert "jobs_waiting" not in answer.text


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MEMBER, Role.VIEWER])
async def test_only_admins_see_jobs(signed_in: SignedIn, role: Role) -> None:
    person = await signed_in(role)

    assert (await person.get("/jobs")).status_code == 403
