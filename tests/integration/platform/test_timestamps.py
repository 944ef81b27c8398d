"""`created_at` and `updated_at` of rows, however they are made."""

import pytest

from backend.core.scopes import SYSTEM
from backend.models.tasks.tasks import Task, TaskCreate, TaskPublic
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.fixtures.people import Person


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tasks", {"title": "Call her"}),
        ("/customers", {"name": "Ada Lovelace"}),
        ("/leads", {"name": "Ada Lovelace"}),
        ("/modules", {"title": "Mine"}),
        ("/chats", {}),
    ],
)
async def test_a_new_row_was_never_changed(member: Person, path: str, body: object) -> None:
    row = (await member.post(path, json=body)).json()

    assert row["created_at"] == row["updated_at"]


async def test_rows_of_an_import_were_never_changed(uow: SqlUnitOfWorkFactory) -> None:
    task = Task.from_input(TaskCreate(title="Call her"))
    async with uow(SYSTEM) as unit:
        await unit.tasks.insert_all([task.model_dump(include={"id", "title", "priority"})])
        await unit.commit()

    async with uow.reading(SYSTEM) as reading:
        read = await reading.tasks.get(task.id)
    assert read.created_at == read.updated_at


async def test_a_change_moves_one_of_them(member: Person) -> None:
    created = (await member.post("/tasks", json={"title": "Call her"})).json()

    changed = (await member.patch(f"/tasks/{created['id']}", json={"priority": "low"})).json()

    assert changed["created_at"] == created["created_at"] < changed["updated_at"]
    assert TaskPublic.model_validate(changed).updated_at > TaskPublic(**created).updated_at
