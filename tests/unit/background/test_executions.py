import pytest

from backend.core.errors import ConflictError
from backend.models.background.executions import ExecutionState, ExecutionStatus
from backend.models.platform.mixins import now
from tests.factories import make_execution

ENDED = [ExecutionStatus.COMPLETED, ExecutionStatus.FAILED, ExecutionStatus.CANCELLED]


def test_what_is_pending_is_cancelled_at_once() -> None:
    execution = make_execution(status=ExecutionStatus.PENDING)

    assert execution.request_cancel(is_leased=False)

    assert execution.status is ExecutionStatus.CANCELLED
    assert execution.finished_at is not None


def test_whoever_works_at_it_is_asked_to_stop() -> None:
    execution = make_execution(status=ExecutionStatus.RUNNING)

    assert not execution.request_cancel(is_leased=True)

    assert execution.status is ExecutionStatus.RUNNING
    assert execution.cancel_requested_at is not None


def test_after_a_crash_there_is_nobody_to_be_asked() -> None:
    execution = make_execution(status=ExecutionStatus.RUNNING)

    assert execution.request_cancel(is_leased=False)

    assert execution.status is ExecutionStatus.CANCELLED


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_is_not_cancelled(status: ExecutionStatus) -> None:
    with pytest.raises(ConflictError, match=f"It is {status}"):
        make_execution(status=status).request_cancel(is_leased=False)


@pytest.mark.parametrize(
    "status", [ExecutionStatus.PENDING, ExecutionStatus.RUNNING, ExecutionStatus.COMPLETED]
)
def test_only_what_has_failed_or_was_cancelled_begins_again(status: ExecutionStatus) -> None:
    with pytest.raises(ConflictError, match=f"It is {status}"):
        make_execution(status=status).restart()


def test_a_new_beginning_forgets_the_end_but_not_the_attempts() -> None:
    execution = make_execution(
        status=ExecutionStatus.FAILED,
        error="No.",
        attempts=3,
        started_at=now(),
        finished_at=now(),
        cancel_requested_at=now(),
    )

    execution.restart()

    assert execution.status is ExecutionStatus.PENDING
    assert (execution.error, execution.attempts) == (None, 3)
    assert (execution.started_at, execution.finished_at) == (None, None)
    assert execution.cancel_requested_at is None


def test_only_the_last_attempt_runs_it() -> None:
    execution = make_execution(status=ExecutionStatus.RUNNING, attempts=2)

    assert [execution.is_run_by(attempt) for attempt in (1, 2, 3)] == [False, True, False]
    execution.hand_back()
    assert not execution.is_run_by(2)


def test_a_state_has_what_is_short_in_the_result() -> None:
    result = {"count": 3, "is_all": True, "rows": [1, 2], "by_day": {"mon": 1}, "note": None}
    execution = make_execution(status=ExecutionStatus.COMPLETED, result=result)

    assert ExecutionState.of(execution).summary == {"count": 3, "is_all": True, "note": None}


def test_a_state_without_a_result_has_no_summary() -> None:
    assert ExecutionState.of(make_execution()).summary == {}
