from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from backend.core.permissions import Permission
from backend.core.scopes import FIRST, SYSTEM
from backend.models.assistant.tools import ToolQuery
from backend.models.platform.audit_events import EventQuery
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.assistant.tool_registry import ToolRegistry
from tests.factories import make_principal, make_tool
from tests.fixtures.people import Person
from tests.ids import short_id


@dataclass(frozen=True)
class Described:
    name: str = "find_tasks"
    description: str = "Find tasks."
    parameters: dict[str, Any] = field(default_factory=lambda: {"type": "object"})
    permission: Permission = Permission.TASKS_READ
    is_destructive: bool = False


FIND, DELETE = Described(), Described("delete_task", is_destructive=True)


async def register(uow: UnitOfWorkFactory, *known: Described) -> int:
    return await ToolRegistry(uow, known).register(FIRST)


async def tools(uow: UnitOfWorkFactory) -> dict[str, Any]:
    page = await ToolRegistry(uow, ()).page(ToolQuery(), make_principal())
    return {tool.name: tool for tool in page.items}


async def recorded(uow: UnitOfWorkFactory) -> list[str]:
    async with uow.reading(SYSTEM) as unit:
        return [event.type for event in (await unit.events.page(EventQuery())).items]


async def test_new_tools_are_registered_as_enabled(uow: UnitOfWorkFactory) -> None:
    assert await register(uow, FIND, DELETE) == 2

    rows = await tools(uow)
    assert rows.keys() == {"find_tasks", "delete_task"}
    assert rows["delete_task"].model_dump(exclude={"id", "created_at", "updated_at"}) == {
        "name": "delete_task",
        "description": "Find tasks.",
        "parameters": {"type": "object"},
        "permission": "tasks:read",
        "is_destructive": True,
        "is_enabled": True,
        "version": 1,
    }
    assert await recorded(uow) == ["tool.created"] * 2


async def test_registering_again_changes_nothing(uow: UnitOfWorkFactory) -> None:
    await register(uow, FIND, DELETE)
    before = await tools(uow)

    assert await register(uow, FIND, DELETE) == 0

    assert {name: dict(row) for name, row in (await tools(uow)).items()} == {
        name: dict(row) for name, row in before.items()
    }
    assert await recorded(uow) == ["tool.created"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Find many tasks."},
        {"parameters": {"type": "object", "properties": {"q": {"type": "string"}}}},
        {"permission": Permission.TASKS_WRITE},
        {"is_destructive": True},
    ],
    ids=short_id,
)
async def test_what_the_code_says_otherwise_is_refreshed(
    uow: UnitOfWorkFactory, change: dict[str, Any]
) -> None:
    await register(uow, FIND)

    assert await register(uow, replace(FIND, **change)) == 0

    row = (await tools(uow))["find_tasks"]
    assert row.model_dump().items() >= change.items()
    assert row.version == 2
    assert (await recorded(uow))[0] == "tool.updated"


async def test_what_an_admin_has_switched_off_stays_off(
    uow: UnitOfWorkFactory, admin: Person
) -> None:
    await register(uow, FIND)
    row = (await tools(uow))["find_tasks"]
    await admin.patch(f"/tools/{row.id}", json={"is_enabled": False})

    await register(uow, replace(FIND, description="Find many tasks."))

    assert (await tools(uow))["find_tasks"].is_enabled is False


async def test_a_tool_that_the_code_does_not_know_is_deleted(uow: UnitOfWorkFactory) -> None:
    await register(uow, FIND, DELETE)

    assert await register(uow, FIND) == 0

    assert (await tools(uow)).keys() == {"find_tasks"}
    assert (await recorded(uow))[0] == "tool.deleted"


async def test_a_tool_is_switched_by_an_admin(uow: UnitOfWorkFactory, admin: Person) -> None:
    await register(uow, FIND)
    path = f"/tools/{(await tools(uow))['find_tasks'].id}"

    switched = await admin.patch(path, json={"is_enabled": False})

    assert switched.json()["is_enabled"] is False
    assert (await admin.get(path)).json() == switched.json()
    async with uow.reading(SYSTEM) as unit:
        assert await unit.tools.enabled_names() == set()


async def test_tools_are_filtered(uow: UnitOfWorkFactory, viewer: Person) -> None:
    async with uow(SYSTEM) as unit:
        await unit.tools.add_missing([make_tool(name="on"), make_tool(name="o", is_enabled=False)])
        await unit.commit()

    found = await viewer.get("/tools", params={"is_enabled": True})

    assert [item["name"] for item in found.json()["items"]] == ["on"]


@pytest.mark.parametrize(
    "bad", [{"is_enabled": None}, {"is_enabled": 0}, {"name": "x"}, {"permission": "tasks:read"}]
)
async def test_nothing_else_of_a_tool_can_be_changed(
    uow: UnitOfWorkFactory, admin: Person, bad: dict[str, Any]
) -> None:
    await register(uow, FIND)
    path = f"/tools/{(await tools(uow))['find_tasks'].id}"

    answer = await admin.patch(path, json=bad)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", *bad]
    assert (await tools(uow))["find_tasks"].version == 1
