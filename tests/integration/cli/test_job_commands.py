import socket

import pytest

from tests.fixtures.processes import RunMvp, refusal
from tests.fixtures.workers import Jobs


@pytest.fixture
def jobs(fresh_database_url: str) -> Jobs:
    """Of a database with one dead job, one that waits, and one that runs."""
    jobs = Jobs(fresh_database_url)
    jobs.defer("work", 3)
    for job_id, status in ((1, "failed"), (3, "doing")):
        jobs.run("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", status, job_id)
    trace = "Traceback ...\nValueError: [bold] is no markup\n"
    jobs.run("INSERT INTO job_failures VALUES (1, 10, %s, now())", trace)
    return jobs


def test_jobs_are_listed_with_the_last_line_of_their_error(mvp: RunMvp, jobs: Jobs) -> None:
    done = mvp("jobs", "list", "--status", "failed", DATABASE_URL=jobs.url)

    assert done.returncode == 0, done.stderr
    [row] = [line for line in done.stdout.splitlines() if "work" in line]
    assert "failed" in row
    # What is long is folded.
    assert "ValueError:" in row
    assert "[bold]" in done.stdout
    assert "Traceback" not in done.stdout


def test_of_many_jobs_the_newest_are_listed(mvp: RunMvp, jobs: Jobs) -> None:
    done = mvp("jobs", "list", "--limit", "1", DATABASE_URL=jobs.url)

    assert "running" in done.stdout
    assert "failed" not in done.stdout
    assert "There are more than these 1." in done.stdout


def test_a_dead_job_is_retried_and_the_event_tells_by_what_means(mvp: RunMvp, jobs: Jobs) -> None:
    done = mvp("jobs", "retry", "1", DATABASE_URL=jobs.url)

    assert (done.returncode, done.stdout) == (0, "Job 1 is waiting for a worker.\n")
    assert jobs.run("SELECT status FROM procrastinate_jobs WHERE id = 1") == [("todo",)]
    assert jobs.run("SELECT type, means FROM events") == [("job.retried", "command_line")]


def test_all_dead_jobs_of_a_queue_and_a_task_are_retried(mvp: RunMvp, jobs: Jobs) -> None:
    jobs.defer("send_mail", 2, queue="mail")
    jobs.defer("work", 1, queue="mail")
    jobs.run("UPDATE procrastinate_jobs SET status = 'failed' WHERE queue_name = 'mail'")

    narrow = ("--all", "--queue", "mail", "--task", "send_mail")
    done = mvp("jobs", "retry", *narrow, DATABASE_URL=jobs.url)

    assert (done.returncode, done.stdout) == (0, "Failed jobs that were queued again: 2.\n")
    failed = "SELECT id FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id"
    assert jobs.run(failed) == [(1,), (6,)]


@pytest.mark.parametrize("given", [(), ("1", "--all"), ("1", "--queue", "mail")])
def test_which_jobs_to_retry_has_to_be_clear(mvp: RunMvp, given: tuple[str, ...]) -> None:
    assert "give the id of a job, or --all" in refusal(mvp("jobs", "retry", *given))


@pytest.mark.parametrize(
    ("job_id", "said"), [("2", "Job 2 is cancelled.\n"), ("3", "Job 3 was asked to stop.\n")]
)
def test_a_job_is_cancelled(mvp: RunMvp, jobs: Jobs, job_id: str, said: str) -> None:
    done = mvp("jobs", "cancel", job_id, DATABASE_URL=jobs.url)

    assert (done.returncode, done.stdout) == (0, said)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("retry", "2"), "The job is already waiting for its turn."),
        (("cancel", "1"), "The job has already failed for good."),
        (("retry", "99"), "There is no job with the id 99."),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    mvp: RunMvp, jobs: Jobs, command: tuple[str, ...], why: str
) -> None:
    assert refusal(mvp("jobs", *command, DATABASE_URL=jobs.url)) == f"error: {why}"


def test_a_queue_that_is_not_there_is_named_with_those_that_are(mvp: RunMvp) -> None:
    said = refusal(mvp("worker", "--queues", "events,post"))

    assert said.startswith("error: --queues: 'post' is not a valid Queue; choose from events,mail")


def test_a_port_for_metrics_that_is_taken_is_named(mvp: RunMvp, fresh_database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = mvp("worker", DATABASE_URL=fresh_database_url, WORKER_METRICS_PORT=str(port))

    assert f"WORKER_METRICS_PORT: can't listen on 127.0.0.1:{port}" in refusal(done)


def test_a_worker_refuses_a_database_that_is_not_migrated(
    mvp: RunMvp, empty_database_url: str
) -> None:
    line = refusal(mvp("worker", DATABASE_URL=empty_database_url))

    assert "run `mvp migrate upgrade`" in line
