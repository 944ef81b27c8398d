"""Exports through their kind, into real files in a folder."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from backend.core.errors import InvalidInputError
from backend.core.scopes import SYSTEM
from backend.models.exchange.exports import ExportInputs
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.exchange.protocols import XLSX
from tests.factories import make_customer, make_task
from tests.fixtures.kept_runs import Crash
from tests.fixtures.people import Person
from tests.fixtures.sheets import Sheets, xlsx_rows
from tests.integration.platform.test_query_count import fill


@pytest.fixture
def sheets(sheets_of: Any, admin: Person) -> Sheets:
    made: Sheets = sheets_of(admin.principal)
    return made


def wanted(resource: str, **options: Any) -> ExportInputs:
    """As it comes back from where inputs are kept."""
    given = ExportInputs.model_validate({"resource": resource, **options})
    return ExportInputs.model_validate(given.model_dump(mode="json"))


def stored(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def add_customers(uow: UnitOfWorkFactory, person: Person, *customers: Any) -> None:
    async with uow(SYSTEM) as unit:
        await unit.customers.save_many(
            [make_customer(owner_id=person.user.id, **fields) for fields in customers]
        )
        await unit.commit()


async def test_an_export_is_a_private_file_with_a_name(sheets: Sheets, admin: Person) -> None:
    file, rows = await sheets.export("customers", columns=["name", "email"])

    assert file.name == f"customers {now():%Y-%m-%d}.xlsx"
    assert (file.media_type, file.owner_id) == (XLSX, admin.user.id)
    assert not any(file.subject)
    assert rows == [["name", "email"]]


async def test_filters_and_order_hold_for_an_export(
    sheets: Sheets, admin: Person, uow: UnitOfWorkFactory
) -> None:
    people = [("Ada", "active"), ("Grace", "inactive"), ("Cleo", "active")]
    await add_customers(uow, admin, *({"name": name, "status": each} for name, each in people))
    filters = {"status": ["active"], "sort": "name", "limit": 1}

    _, rows = await sheets.export("customers", filters=filters, columns=["status", "name"])

    assert rows == [["status", "name"], ["active", "Ada"], ["active", "Cleo"]]


async def test_all_pages_are_exported(
    sheets: Sheets, admin: Person, uow: UnitOfWorkFactory
) -> None:
    async with uow(SYSTEM) as unit:
        await unit.tasks.add_missing([make_task() for _ in range(450)])
        await unit.commit()

    _, rows = await sheets.export("tasks", columns=["id"])

    assert len({row[0] for row in rows[1:]}) == 450


async def test_values_are_of_their_types(
    sheets: Sheets, admin: Person, uow: UnitOfWorkFactory
) -> None:
    await fill(uow, admin, 1)

    _, (headers, row) = await sheets.export("products")

    cells = dict(zip(headers, row, strict=True))
    assert isinstance(cells["created_at"], datetime)
    assert isinstance(cells["price_amount"], int | float)
    assert Decimal(str(cells["price_amount"])) == Decimal("19.9")
    assert (cells["is_active"], cells["version"]) == (True, 1)


async def test_no_cell_is_a_formula(sheets: Sheets, admin: Person, uow: UnitOfWorkFactory) -> None:
    await add_customers(uow, admin, {"name": "=1+1", "notes": "bell\x07 and _x0041_"})

    _, rows = await sheets.export("customers", columns=["name", "notes"])

    assert rows[1] == ["'=1+1", "bell_x0007_ and _x005F_x0041_"]


async def test_moments_before_the_time_of_spreadsheets_are_texts(
    sheets: Sheets, uow: UnitOfWorkFactory
) -> None:
    async with uow(SYSTEM) as unit:
        early = datetime.fromisoformat("1815-12-10T00:00:00+00:00")
        await unit.tasks.save(make_task(due_at=early))
        await unit.commit()

    _, rows = await sheets.export("tasks", columns=["title", "due_at"])

    assert rows[1][1] == early.isoformat()


async def test_an_unknown_column_is_named(sheets: Sheets, admin: Person) -> None:
    with pytest.raises(InvalidInputError, match="colour") as refused:
        await sheets.exports.check(wanted("tasks", columns=["title", "colour"]), admin.principal)

    assert refused.value.field == "columns"


async def test_an_attempt_that_was_broken_off_leaves_no_second_file(
    sheets: Sheets, admin: Person, uow: UnitOfWorkFactory, tmp_path: Path
) -> None:
    run = sheets.new_run()
    run.crash_after = "file"
    with pytest.raises(Crash):
        await sheets.exports.run(wanted("customers", columns=["name"]), run)
    await add_customers(uow, admin, {"name": "Late"})

    result = await sheets.exports.run(wanted("customers", columns=["name"]), run)

    assert (result.file_id, result.rows) == (run.id, 1)
    assert len((await admin.get("/files")).json()["items"]) == 1
    assert stored(tmp_path) == [str(run.id)]
    file = await sheets.files.read(run.id, admin.principal)
    content = await sheets.content(file)
    assert (len(content), xlsx_rows(content)) == (file.size, [["name"], ["Late"]])
