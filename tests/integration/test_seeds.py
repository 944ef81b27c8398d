from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from backend.core.database import Database
from backend.core.errors import NotFoundError
from backend.core.permissions import Role
from backend.core.security import PasswordHasher
from backend.integrations.storage import open_storage
from backend.models.base import metadata
from backend.models.customers import Customer, CustomerStatus
from backend.models.tasks import Task, TaskPriority, TaskStatus
from backend.models.users import User
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.seeds.base import SeedContext
from backend.seeds.runner import SEEDERS, seed
from backend.seeds.users import USERS
from tests.factories import make_user

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSWORD = "a password of the tests"
Rows = dict[str, list[Any]]


@pytest.fixture
def context(uow: SqlUnitOfWorkFactory, storage_folder: Path) -> SeedContext:
    storage = open_storage(storage_folder.as_uri())
    return SeedContext(uow, storage, PasswordHasher(), PASSWORD, NOW)


@pytest.fixture
async def context_with_users(context: SeedContext) -> SeedContext:
    """Spares the seeder the hashing of passwords."""
    async with context.uow() as uow:
        for user in USERS:
            await uow.users.save(make_user(**user._asdict()))
        await uow.commit()
    return context


async def test_there_is_a_user_of_every_role_with_the_password(
    context: SeedContext, database: Database
) -> None:
    await seed(context, ["users"])

    async with database.reading_session() as session:
        users = (await session.exec(select(User))).all()
    assert sorted(user.role for user in users) == sorted(Role)
    assert {user.email_verified_at for user in users} == {NOW}
    assert await context.hasher.verify(PASSWORD, users[0].password_hash)


async def test_customers_and_tasks_come_in_every_state(
    context_with_users: SeedContext, database: Database
) -> None:
    await seed(context_with_users)

    async with database.reading_session() as session:
        customers = (await session.exec(select(Customer))).all()
        tasks = (await session.exec(select(Task))).all()
    assert {customer.status for customer in customers} == set(CustomerStatus)
    assert {task.status for task in tasks} == set(TaskStatus)
    assert {task.priority for task in tasks} == set(TaskPriority)
    assert any(task.due_at and task.due_at < NOW for task in tasks)


async def test_a_second_run_adds_and_changes_nothing(
    context: SeedContext, database: Database
) -> None:
    first = await seed(context)
    before = await _rows(database)
    later = SeedContext(
        context.uow, context.storage, context.hasher, "another", NOW + timedelta(days=9)
    )

    second = await seed(later)

    assert all(added for _, added in first)
    assert [(name, added) for name, added in second] == [(name, 0) for name in SEEDERS]
    assert await _rows(database) == before


async def test_a_second_run_keeps_what_somebody_has_changed(
    context_with_users: SeedContext, database: Database
) -> None:
    await seed(context_with_users)
    async with database.writing_session() as session:
        task = (await session.exec(select(Task))).first()
        assert task is not None
        task.title = "Done differently"
        session.add(task)
        await session.commit()

    await seed(context_with_users)

    async with database.reading_session() as session:
        kept = await session.get(Task, task.id)
    assert kept is not None
    assert kept.title == "Done differently"


async def test_what_was_deleted_comes_back_with_the_same_id(
    context_with_users: SeedContext, database: Database
) -> None:
    await seed(context_with_users)
    before = await _rows(database)
    async with database.writing_session() as session:
        for task in await session.exec(select(Task)):
            await session.delete(task)
        await session.commit()

    assert dict(await seed(context_with_users)) == {
        **dict.fromkeys(SEEDERS, 0),
        "tasks": len(before["tasks"]),
    }

    assert await _rows(database) == before


async def test_ids_are_the_same_in_every_database(context: SeedContext, database: Database) -> None:
    await seed(context, ["users"])

    async with database.reading_session() as session:
        admin = (await session.exec(select(User).where(User.role == Role.ADMIN))).one()
    assert admin.id == UUID("014dd9f3-32ad-599c-b26b-dac696682b1b")


async def test_an_unknown_seeder_is_refused_before_any_runs(
    context: SeedContext, database: Database
) -> None:
    with pytest.raises(NotFoundError, match="there are: users, customers, products, leads"):
        await seed(context, ["users", "nonsense"])

    assert (await _rows(database))["users"] == []


async def _rows(database: Database) -> Rows:
    async with database.reading_session() as session:
        connection = await session.connection()
        return {
            table.name: [
                tuple(row)
                for row in await connection.execute(table.select().order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }
