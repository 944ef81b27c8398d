"""Workers are killed, stopped and cut off from the database; no job is lost for it."""

import signal
import time
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from backend.core.embedded import embedded_postgres
from backend.services.background.jobs import WORKER_DIED, died_often
from tests.faults.programs.worker_with_tasks import TABLES
from tests.fixtures.processes import (
    START_SECONDS,
    StartServer,
    disposable,
    free_port,
    stop_postgres,
)
from tests.fixtures.workers import QUICK, Jobs, StartWorker


@pytest.fixture
def jobs(fresh_database_url: str) -> Jobs:
    jobs = Jobs(fresh_database_url)
    jobs.run(TABLES)
    return jobs


def test_when_a_worker_is_killed_others_finish_its_jobs_with_one_effect_each(
    start_worker: StartWorker, jobs: Jobs
) -> None:
    jobs.defer("count", 200, '{"seconds": 0.02}')
    killed, _ = (start_worker(DATABASE_URL=jobs.url) for _ in range(2))
    jobs.wait_until_some_completed()

    killed.stop(signal.SIGKILL)

    jobs.wait_until_completed(200)
    assert jobs.run("SELECT count FROM total") == [(200,)]


def test_two_workers_never_run_a_job_at_the_same_time(
    start_worker: StartWorker, jobs: Jobs
) -> None:
    jobs.defer("occupy", 200)
    workers = [start_worker(DATABASE_URL=jobs.url) for _ in range(2)]

    jobs.wait_until_completed(200)

    assert jobs.states() == {("succeeded", 1): 200}
    assert [worker.stop() for worker in workers] == [0, 0]
    assert all("job_completed" in worker.log.read_text() for worker in workers)


def test_a_job_that_kills_its_process_ends_dead_after_its_attempts(
    start_worker: StartWorker, jobs: Jobs
) -> None:
    jobs.run("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('events', 'die')")
    workers = [start_worker(DATABASE_URL=jobs.url, WORKER_ATTEMPTS="2") for _ in range(3)]

    jobs.wait_until(lambda states: states == {("failed", 2): 1})

    assert jobs.failures() == [(2, WORKER_DIED)]
    assert sorted(worker.process.poll() or 0 for worker in workers) == [-9, -9, 0]


def test_a_job_that_kills_its_process_takes_few_others_along(
    start_worker: StartWorker, jobs: Jobs
) -> None:
    jobs.run("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('events', 'die')")
    jobs.defer("count", 1, '{"seconds": 3}')
    workers = [start_worker(DATABASE_URL=jobs.url, WORKER_CRASHES="2") for _ in range(3)]

    jobs.wait_until(lambda states: states.get(("failed", 2)) == 1)

    assert (2, died_often(2)) in jobs.failures()
    assert sorted(worker.process.poll() or 0 for worker in workers) == [-9, -9, 0]
    # What only ran beside it is not lost for it.
    jobs.wait_until_completed(1)


def test_a_worker_that_stops_hands_back_what_it_can_not_finish(
    start_worker: StartWorker, jobs: Jobs
) -> None:
    jobs.defer("count", 1, '{"seconds": 60}')
    worker = start_worker(DATABASE_URL=jobs.url, WORKER_SHUTDOWN_SECONDS="0.2")
    jobs.wait_until(lambda states: states == {("doing", 0): 1})

    started = time.monotonic()
    assert worker.stop() == 0

    assert time.monotonic() - started < 3
    assert jobs.states() == {("todo", 0): 1}
    assert jobs.run("SELECT id FROM procrastinate_workers") == []


def test_when_postgres_comes_back_the_worker_goes_on(
    start_worker: StartWorker,
    seeded_data_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(disposable(tmp_path_factory.mktemp("data"), seeded_data_dir))
        jobs = Jobs(stack.enter_context(embedded_postgres(folder)))
        jobs.run(TABLES)
        worker = start_worker(DATABASE_URL=jobs.url)
        jobs.defer("count", 1)
        jobs.wait_until_completed(1)
        # It runs while PostgreSQL stops, and cannot tell that it has ended.
        jobs.defer("count", 2, '{"seconds": 0.5}')
        jobs.wait_until(lambda states: states.get(("doing", 0)) == 2)

        stop_postgres(folder)
        time.sleep(1)
        stack.enter_context(embedded_postgres(folder))

        jobs.wait_until_completed(3)
        assert jobs.run("SELECT count FROM total") == [(2,)]
        assert worker.stop() == 0


def test_a_server_runs_jobs_unless_told_not_to(
    start_server: StartServer, fresh_database_url: str
) -> None:
    settings = QUICK | {"DATABASE_URL": fresh_database_url, "SEED_ON_START": "false"}
    with_worker = start_server(**settings)
    without = start_server("--no-worker", **settings)
    ran = 'job_attempts_total{outcome="completed",task="take_over_stalled_jobs"}'

    deadline = time.monotonic() + START_SECONDS
    while ran not in with_worker.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    assert "job_attempts_total{" not in without.get("/metrics").text


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_takes_its_queues_tells_its_metrics_and_stops_cleanly(
    start_worker: StartWorker, fresh_database_url: str, how: signal.Signals
) -> None:
    jobs = Jobs(fresh_database_url)
    port = str(free_port())
    jobs.defer("no_such_task", 1, queue="mail")
    jobs.defer("no_such_task", 1, queue="events")
    worker = start_worker(
        *("--queues=mail", "--concurrency=1"), DATABASE_URL=jobs.url, WORKER_METRICS_PORT=port
    )
    jobs.wait_until(lambda states: ("failed", 1) in states)
    assert "job_attempts_total" in httpx2.get(f"http://127.0.0.1:{port}/metrics").text

    started = time.monotonic()
    assert worker.stop(how) == 0

    assert time.monotonic() - started < START_SECONDS / 3
    assert jobs.states() == {("failed", 1): 1, ("todo", 0): 1}
    assert jobs.run("SELECT id FROM procrastinate_workers") == []
