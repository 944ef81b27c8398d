from itertools import product

import pytest

from backend.core.errors import ConflictError
from backend.models.tasks.tasks import Task, TaskStatus
from tests.factories import make_task

OPEN, IN_PROGRESS, DONE, CANCELLED = TaskStatus
ALLOWED = {
    (OPEN, IN_PROGRESS),
    (OPEN, DONE),
    (OPEN, CANCELLED),
    (IN_PROGRESS, OPEN),
    (IN_PROGRESS, DONE),
    (IN_PROGRESS, CANCELLED),
    (DONE, OPEN),
    (CANCELLED, OPEN),
}
ALL = [(a, b) for a, b in product(TaskStatus, TaskStatus) if a is not b]


def task_that_is(status: TaskStatus) -> Task:
    return make_task(status=status)


@pytest.mark.parametrize(("before", "after"), sorted(ALLOWED))
def test_an_allowed_transition_changes_the_status(before: TaskStatus, after: TaskStatus) -> None:
    task = task_that_is(before)
    task.move_to(after)

    assert task.status is after


@pytest.mark.parametrize(("before", "after"), sorted(set(ALL) - ALLOWED))
def test_any_other_transition_is_refused(before: TaskStatus, after: TaskStatus) -> None:
    task = task_that_is(before)

    with pytest.raises(ConflictError, match=f"{before} can't become {after}"):
        task.move_to(after)
    assert task.status is before


@pytest.mark.parametrize("status", TaskStatus)
def test_moving_to_the_present_status_changes_nothing(status: TaskStatus) -> None:
    task = task_that_is(status)
    task.move_to(status)

    assert task.completed_at is None


def test_completing_notes_the_time_and_reopening_forgets_it() -> None:
    task = task_that_is(OPEN)
    task.complete()
    assert task.completed_at is not None

    task.reopen()
    assert task.completed_at is None
    assert task.status is OPEN


def test_a_task_can_not_be_completed_twice() -> None:
    with pytest.raises(ConflictError, match="done already"):
        task_that_is(DONE).complete()


def test_a_cancelled_task_can_not_be_completed() -> None:
    with pytest.raises(ConflictError):
        task_that_is(CANCELLED).complete()


@pytest.mark.parametrize("status", [OPEN, IN_PROGRESS])
def test_an_unfinished_task_can_not_be_reopened(status: TaskStatus) -> None:
    with pytest.raises(ConflictError, match="not finished"):
        task_that_is(status).reopen()
