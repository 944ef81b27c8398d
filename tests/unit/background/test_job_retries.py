from datetime import UTC, datetime, timedelta

import pytest
from procrastinate.jobs import Job

from backend.core.config import WorkerSettings
from backend.jobs.attempts import HandedBackError
from backend.jobs.retry import ExponentialBackoff, max_attempts
from backend.models.platform.job_requests import Queue

STRATEGY = ExponentialBackoff(WorkerSettings(retry_seconds=10, retry_max_seconds=30), attempts=4)


def job(attempts: int) -> Job:
    """One that has failed so often before this attempt."""
    return Job(queue="events", lock=None, queueing_lock=None, task_name="t", attempts=attempts)


@pytest.mark.parametrize(("failed_before", "longest"), [(0, 10), (1, 20), (2, 30)])
def test_each_pause_is_twice_the_one_before_up_to_a_limit(
    failed_before: int, longest: float
) -> None:
    before = datetime.now(UTC)

    decision = STRATEGY.get_retry_decision(exception=ValueError(), job=job(failed_before))

    assert decision
    assert decision.retry_at
    pause = decision.retry_at - before
    assert timedelta(seconds=longest / 2) <= pause <= timedelta(seconds=longest + 1)


def test_jobs_that_failed_together_do_not_come_back_together() -> None:
    assert len({STRATEGY.delay(0) for _ in range(10)}) == 10


def test_a_pause_is_finite_after_any_number_of_attempts() -> None:
    assert STRATEGY.delay(100_000) <= 30


def test_after_the_last_attempt_there_is_no_other() -> None:
    assert STRATEGY.get_retry_decision(exception=ValueError(), job=job(3)) is None


def test_a_job_that_was_handed_back_runs_again_at_once_even_after_the_last_attempt() -> None:
    decision = STRATEGY.get_retry_decision(exception=HandedBackError(), job=job(3))

    assert decision
    assert decision.retry_at is None


def test_by_default_mails_outlast_a_mail_server_that_is_down_for_a_day() -> None:
    settings = WorkerSettings()
    attempts = max_attempts(settings, Queue.MAIL)
    strategy = ExponentialBackoff(settings, attempts)

    # Half of the longest pause is the shortest.
    longest = (settings.retry_seconds * 2.0 ** min(n, 64) for n in range(attempts - 1))
    shortest = sum(min(settings.retry_max_seconds, pause) / 2 for pause in longest)

    assert timedelta(seconds=shortest) >= timedelta(days=1)
    assert strategy.get_retry_decision(exception=ValueError(), job=job(attempts - 2))
    assert strategy.get_retry_decision(exception=ValueError(), job=job(attempts - 1)) is None


@pytest.mark.parametrize("queue", sorted(set(Queue) - {Queue.MAIL}))
def test_other_queues_give_up_sooner(queue: Queue) -> None:
    assert max_attempts(WorkerSettings(attempts=4, mail_attempts=9), queue) == 4
