"""Imports, and others who change the same rows meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from backend.core.errors import ConflictError
from backend.repositories.sql.platform.bulk import SqlBulkList
from tests.fixtures.kept_runs import KeptRun
from tests.fixtures.people import Person
from tests.fixtures.sheets import Sheets
from tests.fixtures.waiting import SECONDS
from tests.integration.exchange.test_imports import counts, items, problems

Change = Callable[[], Awaitable[Any]]


@dataclass
class MeddledRun(KeptRun):
    """Somebody does something when all is planned, and nothing is written."""

    meddle: Change | None = None

    async def progress(self, done: int, total: int | None, message: str) -> None:
        await super().progress(done, total, message)
        if self.meddle and message.startswith("Writing all"):
            meddle, self.meddle = self.meddle, None
            assert (await meddle()).status_code < 300


@pytest.fixture
def sheets(sheets_of: Any, member: Person) -> Sheets:
    made: Sheets = sheets_of(member.principal)
    return made


async def add(person: Person, resource: str, **fields: Any) -> str:
    answer = await person.post(f"/{resource}", json=fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def load(sheets: Sheets, resource: str, table: Any, meddle: Change) -> Any:
    run = MeddledRun(sheets.person, meddle=meddle)
    return await sheets.run(await sheets.inputs(resource, table), run)


async def test_an_edit_between_plan_and_writing_is_not_lost(sheets: Sheets, member: Person) -> None:
    first = await add(member, "customers", name="First", email="a@example.com")
    await add(member, "customers", name="Second", email="b@example.com")
    table = [["name", "email"], ["Grace", "a@example.com"], ["Ada", "b@example.com"], ["New", ""]]

    result = await load(
        sheets, "customers", table, lambda: member.patch(f"/customers/{first}", json={"notes": "!"})
    )

    assert counts(result) == (1, 2, 0, 0, 0)
    found = {each["name"]: each for each in await items(member, "customers")}
    assert (found["Grace"]["notes"], found["Grace"]["version"]) == ("!", 3)
    assert (found["Ada"]["version"], found["New"]["version"]) == (2, 1)


async def test_what_others_have_written_already_counts_as_unchanged(
    sheets: Sheets, member: Person
) -> None:
    first = await add(member, "customers", name="First", email="a@example.com")
    table = [["name", "email"], ["Grace", "a@example.com"]]

    result = await load(
        sheets,
        "customers",
        table,
        lambda: member.patch(f"/customers/{first}", json={"name": "Grace"}),
    )

    assert counts(result) == (0, 0, 1, 0, 0)


async def test_an_edit_that_forbids_a_row_keeps_all_from_being_written(
    sheets: Sheets, member: Person
) -> None:
    task = await add(member, "tasks", title="Call")
    table = [["id", "title", "status"], ["", "New", "open"], [task, "Call", "in_progress"]]

    result = await load(sheets, "tasks", table, lambda: member.post(f"/tasks/{task}/complete"))

    assert problems(result) == [(3, "status")]
    assert counts(result) == (0, 0, 0, 1, 1)
    assert [each["title"] for each in await items(member, "tasks")] == ["Call"]


async def test_a_row_that_is_deleted_meanwhile_is_named(
    sheets: Sheets, member: Person, manager: Person
) -> None:
    task = await add(member, "tasks", title="Call")
    table = [["id", "title"], [task, "Call again"]]

    result = await load(sheets, "tasks", table, lambda: manager.delete(f"/tasks/{task}"))

    assert problems(result) == [(2, "id")]


async def test_a_key_that_somebody_takes_meanwhile_is_looked_at_again(
    sheets: Sheets, member: Person
) -> None:
    price = {"amount": "1", "currency": "EUR"}
    table = [["sku", "name", "price_amount", "price_currency"], ["s-1", "Seat", "2", "EUR"]]

    result = await load(
        sheets,
        "products",
        table,
        lambda: member.post("/products", json={"sku": "S-1", "name": "Other", "price": price}),
    )

    assert counts(result) == (0, 1, 0, 0, 0)
    assert [each["name"] for each in await items(member, "products")] == ["Seat"]


async def test_rows_are_not_locked_while_others_are_added(
    sheets: Sheets, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await add(member, "customers", name="First", email="a@example.com")
    insert_all = SqlBulkList.insert_all
    edits: list[int] = []

    async def edit_then_insert(self: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert_all(self, rows)
        if len(edits) < 2:
            edit = member.patch(f"/customers/{customer}", json={"notes": str(len(edits))})
            edits.append((await asyncio.wait_for(edit, SECONDS)).status_code)

    monkeypatch.setattr(SqlBulkList, "insert_all", edit_then_insert)
    table = [["name", "email"], ["Grace", "a@example.com"], *([f"New {n}", ""] for n in range(600))]

    result = await sheets.load("customers", table)

    assert edits == [200, 200]
    assert counts(result) == (600, 1, 0, 0, 0)


async def test_imports_of_the_same_rows_in_other_orders_do_not_block_each_other(
    sheets: Sheets, member: Person
) -> None:
    rows = [[f"Customer {n}", f"c{n}@example.com"] for n in range(1_200)]
    await sheets.load("customers", [["name", "email"], *rows])
    changed = [[f"Changed {n % 2}", email] for n, (_, email) in enumerate(rows)]
    turned = [["Turned", email] for _, email in reversed(rows)]

    for _ in range(3):
        results = await asyncio.gather(
            sheets.load("customers", [["name", "email"], *changed]),
            sheets.load("customers", [["name", "email"], *turned]),
        )
        assert all(not result.errors for result in results)

    names = {each["name"] for each in await items(member, "customers")}
    assert names <= {"Changed 0", "Changed 1"} or names == {"Turned"}


async def test_a_row_that_keeps_changing_ends_the_import(
    sheets: Sheets, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        raise ConflictError("taken")

    monkeypatch.setattr(SqlBulkList, "insert_all", refuse)

    with pytest.raises(ConflictError, match="taken"):
        await sheets.load("customers", [["name"], ["x"]])
