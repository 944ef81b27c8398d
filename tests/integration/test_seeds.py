from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from backend.core.database import Database
from backend.core.errors import NotFoundError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Role
from backend.core.scopes import FIRST, SYSTEM
from backend.integrations.files.storage import open_storage
from backend.models.assistant.json_schemas import check_json_schema
from backend.models.assistant.prompt_templates import PromptTextInput
from backend.models.identity.users import User
from backend.models.platform.base import metadata
from backend.models.sales.customers import Customer, CustomerStatus
from backend.models.tasks.tasks import Task, TaskPriority, TaskStatus
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.seeds.base import SeedContext
from backend.seeds.output_schemas import SCHEMAS, SeedSchema
from backend.seeds.prompts import PROMPTS, SeedPrompt
from backend.seeds.runner import DEFAULTS, SEEDERS, seed
from backend.seeds.users import USERS
from backend.services.assistant.tool_registry import ToolRegistry
from tests.factories import make_prompt, make_user
from tests.integration.assistant.test_tools import Described

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSWORD = "a password of the tests"
Rows = dict[str, list[Any]]


@pytest.fixture
def context(uow: SqlUnitOfWorkFactory, storage_folder: Path) -> SeedContext:
    storage = open_storage(storage_folder.as_uri())
    tools = ToolRegistry(uow, [Described()])
    return SeedContext(uow, storage, PasswordHasher(), PASSWORD, NOW, FIRST, tools)


@pytest.fixture
async def context_with_users(context: SeedContext) -> SeedContext:
    """Spares the seeder the hashing of passwords."""
    async with context.uow(SYSTEM) as uow:
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
    later = replace(context, password="another", now=NOW + timedelta(days=9))

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
    with pytest.raises(NotFoundError, match=f"The seeders are: {', '.join(SEEDERS)}"):
        await seed(context, ["users", "nonsense"])

    assert (await _rows(database))["users"] == []


async def test_the_defaults_need_nobody(context: SeedContext, database: Database) -> None:
    await seed(context, tuple(DEFAULTS))

    rows = await _rows(database)
    assert all(rows[name] for name in ("model_configs", "tools", "output_schemas", "prompts"))
    assert rows["users"] == []


async def test_no_configuration_is_the_default_so_that_the_settings_decide(
    context: SeedContext,
) -> None:
    await seed(context, ["model_configs"])

    async with context.uow.reading(SYSTEM) as uow:
        assert await uow.model_configs.find_default() is None


async def test_a_prompt_of_the_same_name_stays(context: SeedContext) -> None:
    own = make_prompt(name="assistant", template="Ours.")
    async with context.uow(SYSTEM) as uow:
        await uow.prompts.save(own)
        await uow.commit()

    assert await seed(context, ["templates"]) == [("templates", len(PROMPTS) - 1)]

    async with context.uow.reading(SYSTEM) as uow:
        assert (await uow.prompts.get(own.id)).template == "Ours."


async def test_the_seeded_prompts_have_an_active_version(context: SeedContext) -> None:
    await seed(context, ["templates"])

    async with context.uow.reading(SYSTEM) as uow:
        for prompt in PROMPTS:
            version = await uow.prompts.find_active(prompt.name)
            assert version is not None
            assert version.template == prompt.text.template


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.name)
def test_the_seeded_prompts_are_such_as_clients_may_send(prompt: SeedPrompt) -> None:
    PromptTextInput.model_validate(prompt.text.model_dump())


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_the_seeded_schemas_are_such_as_clients_may_send(schema: SeedSchema) -> None:
    check_json_schema(schema.json_schema)


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
