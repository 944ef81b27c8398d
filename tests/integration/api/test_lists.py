"""Paging, for every list and every sort."""

import base64
import json
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from backend.core.permissions import SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.background.jobs import JobSort
from backend.models.identity.sessions import SessionSort
from backend.models.notifications.notifications import NotificationSort
from backend.models.platform.audit_events import EventSort
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.paging import RELEVANCE
from backend.models.tasks.tasks import TaskPriority
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.platform.change_events import created
from tests.factories import make_notification, make_task
from tests.fixtures.people import Person
from tests.world import EXAMPLES, MOMENT, add_needed

SORTS: list[tuple[str, type[StrEnum]]] = [
    *((f"/{each.path}", each.sort) for each in EXAMPLES),
    ("/jobs", JobSort),
    ("/auth/sessions", SessionSort),
    ("/audit", EventSort),
    ("/notifications", NotificationSort),
]
LISTS = [
    (path, sort.value)
    for path, sorts in SORTS
    for sort in sorts
    # That is a test of the search.
    if sort.value != RELEVANCE
]
RANKS = {priority.value: rank for rank, priority in enumerate(TaskPriority)}


@pytest.fixture
async def rows(uow: UnitOfWorkFactory, admin: Person) -> None:
    """Seven of each, with equal values among them, so that the id has to decide."""
    same = {"created_at": MOMENT, "updated_at": MOMENT}
    async with uow(SYSTEM) as unit:
        for each in EXAMPLES:
            await add_needed(unit, admin.user, each.path)
            owned = each.owned_by(admin.user) if each.path != "tasks" else {}
            made = [each.make(**owned, **each.varied(number), **same) for number in range(7)]
            await getattr(unit, each.repository).add_missing(made)
            if each.path == "tasks":
                for task in made:
                    await unit.notifications.add(make_notification(user_id=admin.user.id))
                    unit.record(created(SubjectKind.TASK, task, None))
        for _ in range(7):
            await unit.defer(JobRequest("work", Queue.EVENTS))
        await unit.commit()


async def walk(person: Person, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items, page by page."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        answer = await person.get(path, params=query | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        assert cursor is None or page["next_cursor"] != cursor
        cursor = page["next_cursor"]
        if cursor is None:
            return items


@pytest.mark.usefixtures("rows")
async def test_pages_hold_every_row_once_in_the_order_of_the_whole_list(
    admin: Person, subtests: pytest.Subtests
) -> None:
    for path, sort in LISTS:
        with subtests.test(path=path, sort=sort):
            whole = (await admin.get(path, params={"sort": sort, "limit": 200})).json()["items"]

            assert await walk(admin, path, sort=sort, limit=2) == whole
            assert await walk(admin, path, sort=sort, limit=len(whole)) == whole


@pytest.mark.usefixtures("rows")
async def test_lists_are_in_the_order_that_was_asked_for(
    admin: Person, subtests: pytest.Subtests
) -> None:
    def key(item: dict[str, Any], sort: str) -> tuple[Any, str]:
        value = item[sort.removeprefix("-")]
        if sort.endswith("priority"):
            value = RANKS[value]
        if sort.endswith("sku"):
            value = value.lower()
        if sort.endswith("_at"):
            value = datetime.fromisoformat(value or "9999-12-31T00:00:00Z")
        return (value, item["id"])

    for path, sort in LISTS:
        with subtests.test(path=path, sort=sort):
            items = (await admin.get(path, params={"sort": sort, "limit": 200})).json()["items"]

            in_order = sorted(items, key=partial(key, sort=sort), reverse=sort.startswith("-"))
            assert items
            assert items == in_order


LONGEST = "\N{GRINNING FACE}" * 200


async def test_the_longest_names_have_pages_too(
    uow: UnitOfWorkFactory, admin: Person, subtests: pytest.Subtests
) -> None:
    for each in EXAMPLES:
        for sort in {"name", "title"} & set(each.sort) & set(each.model.model_fields):
            with subtests.test(path=each.path):
                async with uow(SYSTEM) as unit:
                    await add_needed(unit, admin.user, each.path)
                    names = [{sort: LONGEST[number:]} for number in range(3)]
                    made = [each.make(**each.owned_by(admin.user), **name) for name in names]
                    await getattr(unit, each.repository).add_missing(made)
                    await unit.commit()

                found = await walk(admin, f"/{each.path}", sort=sort, limit=1)

                assert {row.id for row in made} <= {UUID(item["id"]) for item in found}


@pytest.mark.usefixtures("rows")
async def test_rows_that_come_and_go_shift_nothing(admin: Person, uow: UnitOfWorkFactory) -> None:
    before = [task["id"] for task in await walk(admin, "/tasks", sort="title")]
    first = (await admin.get("/tasks", params={"sort": "title", "limit": 3})).json()

    await admin.delete(f"/tasks/{before[0]}")
    await admin.delete(f"/tasks/{before[2]}")
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(make_task(title="A new one at the beginning"))
        await unit.commit()

    rest = await walk(admin, "/tasks", sort="title", cursor=first["next_cursor"])
    assert [task["id"] for task in rest] == before[3:]


async def test_an_empty_list_is_a_page(viewer: Person) -> None:
    assert (await viewer.get("/tasks")).json() == {
        "items": [],
        "next_cursor": None,
        "total": None,
    }


def forged(*content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


ID = "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "ä" * 100,
        "!!!!",
        "bm8ganNvbg",
        forged(),
        forged(1, 2, 3, 4),
        forged("tasks", "-created_at", "no date", ID),
        forged("tasks", "-created_at", "2026-01-01T00:00:00", ID),
        forged("tasks", "-created_at", "2026-01-01T00:00:00Z", "no id"),
        forged("tasks", "-created_at", "2026-01-01T00:00:00Z", 7),
        forged("tasks", "-created_at", "9999-12-31T23:59:59-23:00", ID),
        forged("tasks", "-created_at", None, ID),
        forged("customers", "-created_at", "2026-01-01T00:00:00Z", ID),
        forged("tasks", "created_at", "2026-01-01T00:00:00Z", ID),
        forged({"a": 1}),
        base64.urlsafe_b64encode(b"[" * 1000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
async def test_a_broken_cursor_is_refused(viewer: Person, cursor: str) -> None:
    answer = await viewer.get("/tasks", params={"cursor": cursor})

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/invalid-cursor"


@pytest.mark.parametrize(
    ("sort", "value"),
    [("title", "a\x00b"), ("title", "\ud800"), ("priority", 2**40), ("priority", "high")],
)
async def test_a_cursor_with_a_forged_value_is_refused(
    viewer: Person, sort: str, value: Any
) -> None:
    query = {"sort": sort, "cursor": forged("tasks", sort, value, ID)}

    assert (await viewer.get("/tasks", params=query)).status_code == 400


@pytest.mark.usefixtures("rows")
async def test_a_cursor_of_another_list_is_refused(admin: Person) -> None:
    page = (await admin.get("/customers", params={"limit": 1})).json()

    answer = await admin.get("/tasks", params={"cursor": page["next_cursor"]})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": 10**30}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"sort": "colour"}, "sort"),
        ({"sort": "title,id"}, "sort"),
        ({"colour": "red"}, "colour"),
        ({"status": "finished"}, "status"),
        ({"status": ["open", "finished"]}, "status"),
        ({"priority": ""}, "priority"),
        ({"assignee_id": "me"}, "assignee_id"),
        ({"overdue": "perhaps"}, "overdue"),
        ({"due_before": "2026-01-01T00:00:00"}, "due_before"),
        ({"due_after": "0001-01-01T00:00:00+10:00"}, "due_after"),
        ({"cursor": "x" * 2001}, "cursor"),
        ({"cursor": "a\x00b"}, "cursor"),
    ],
)
async def test_a_query_that_does_not_fit_names_the_parameter(
    viewer: Person, query: dict[str, Any], field: str
) -> None:
    answer = await viewer.get("/tasks", params=query)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][:2] == ["query", field]


@pytest.mark.parametrize("path", sorted({path for path, _ in LISTS}))
async def test_every_list_refuses_unknown_parameters(admin: Person, path: str) -> None:
    assert (await admin.get(path, params={"colour": "red"})).status_code == 422
