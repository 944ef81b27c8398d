from uuid import uuid4

import pytest

from backend.core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from backend.core.permissions import Role
from backend.core.preconditions import ANY_VERSION
from backend.core.scopes import SYSTEM
from backend.models.identity.users import User
from backend.models.platform.idempotency import made
from backend.models.tasks.tasks import Task, TaskCreate, TaskPriority, TaskStatus, TaskUpdate
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.tasks.tasks import TaskService
from tests.factories import make_principal, make_task, make_user
from tests.fakes import fake_units_of_work


@pytest.fixture
def fake_uow() -> UnitOfWorkFactory:
    return fake_units_of_work()


@pytest.fixture
def tasks(fake_uow: UnitOfWorkFactory) -> TaskService:
    return TaskService(fake_uow)


@pytest.fixture
async def colleague(fake_uow: UnitOfWorkFactory) -> User:
    return await keep_user(fake_uow, make_user())


@pytest.fixture
async def task(fake_uow: UnitOfWorkFactory, colleague: User) -> Task:
    task = make_task(assignee_id=colleague.id)
    async with fake_uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()
    return task


async def keep_user(fake_uow: UnitOfWorkFactory, user: User) -> User:
    async with fake_uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.commit()
    return user


MEMBER = make_principal(Role.MEMBER)
MANAGER = make_principal(Role.MANAGER)


async def test_a_member_may_take_a_new_task(tasks: TaskService) -> None:
    task = made(await tasks.create(TaskCreate(title="Mine", assignee_id=MEMBER.user_id), MEMBER))

    assert task.assignee_id == MEMBER.user_id


async def test_a_member_may_not_create_a_task_for_somebody_else(
    tasks: TaskService, colleague: User
) -> None:
    with pytest.raises(PermissionDeniedError, match="tasks:assign"):
        await tasks.create(TaskCreate(title="Yours", assignee_id=colleague.id), MEMBER)


async def test_a_manager_may_create_a_task_for_somebody_else(
    tasks: TaskService, colleague: User
) -> None:
    task = made(await tasks.create(TaskCreate(title="Yours", assignee_id=colleague.id), MANAGER))

    assert (await tasks.read(task.id, MEMBER)).assignee_id == colleague.id


async def test_a_member_may_not_give_a_task_away(
    tasks: TaskService, fake_uow: UnitOfWorkFactory
) -> None:
    mine = made(await tasks.create(TaskCreate(title="Mine", assignee_id=MEMBER.user_id), MEMBER))
    other = await keep_user(fake_uow, make_user())

    with pytest.raises(PermissionDeniedError):
        await tasks.update(mine.id, TaskUpdate(assignee_id=other.id), MEMBER, ANY_VERSION)
    assert (await tasks.read(mine.id, MEMBER)).assignee_id == MEMBER.user_id


async def test_sending_the_present_assignee_again_needs_no_permission(
    tasks: TaskService, task: Task
) -> None:
    changes = TaskUpdate(assignee_id=task.assignee_id, priority=TaskPriority.LOW)
    changed = await tasks.update(task.id, changes, MEMBER, ANY_VERSION)

    assert changed.priority is TaskPriority.LOW


async def test_a_task_can_be_left_to_nobody(tasks: TaskService, task: Task) -> None:
    assert (await tasks.assign(task.id, None, MANAGER, ANY_VERSION)).assignee_id is None


async def test_a_task_can_not_be_given_to_a_deactivated_user(
    tasks: TaskService, task: Task, fake_uow: UnitOfWorkFactory
) -> None:
    gone = await keep_user(fake_uow, make_user(is_active=False))

    with pytest.raises(InvalidInputError, match="deactivated"):
        await tasks.assign(task.id, gone.id, MANAGER, ANY_VERSION)


async def test_a_task_can_not_be_given_to_an_unknown_user(tasks: TaskService, task: Task) -> None:
    with pytest.raises(InvalidInputError, match="no user"):
        await tasks.assign(task.id, uuid4(), MANAGER, ANY_VERSION)


async def test_completing_is_kept(tasks: TaskService, task: Task) -> None:
    await tasks.complete(task.id, MEMBER, ANY_VERSION)

    assert (await tasks.read(task.id, MEMBER)).status is TaskStatus.DONE


async def test_a_refused_transition_keeps_nothing_of_the_change(
    tasks: TaskService, task: Task
) -> None:
    await tasks.complete(task.id, MEMBER, ANY_VERSION)

    changes = TaskUpdate(status=TaskStatus.CANCELLED, title="Another title")
    with pytest.raises(ConflictError):
        await tasks.update(task.id, changes, MANAGER, ANY_VERSION)
    assert (await tasks.read(task.id, MEMBER)).title == task.title


async def test_a_task_created_as_done_has_a_time_of_completion(tasks: TaskService) -> None:
    task = made(await tasks.create(TaskCreate(title="Past", status=TaskStatus.DONE), MEMBER))

    assert task.completed_at is not None


async def test_a_deleted_task_is_not_found(tasks: TaskService, task: Task) -> None:
    await tasks.delete(task.id, MEMBER, ANY_VERSION)

    with pytest.raises(NotFoundError, match=str(task.id)):
        await tasks.read(task.id, MEMBER)
