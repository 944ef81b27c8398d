"""Imports through their kind, from real files in a folder."""

import asyncio
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.core.errors import InvalidInputError, PermissionDeniedError
from backend.core.scopes import FIRST, SYSTEM
from backend.models.background.executions import Execution, ExecutionCreate, ExecutionStatus
from backend.models.exchange.imports import MAX_ERRORS, ImportInputs, ImportResult
from backend.models.exchange.sheets import SheetResource
from backend.models.platform.audit_events import EventQuery
from backend.models.platform.idempotency import made
from backend.models.platform.job_requests import Queue
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.background.kinds import RegisteredKind
from backend.services.exchange.imports import planning
from backend.services.exchange.imports.identities import new_row_id
from backend.services.exchange.imports.kind import import_name
from backend.services.exchange.imports.resources import RESOURCES
from tests.factories import make_customer, make_product, make_task
from tests.fixtures.execution_kinds import execution_service, stored
from tests.fixtures.jobs import Jobs
from tests.fixtures.kept_runs import Crash
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.sheets import Sheets, Table, as_csv, as_xlsx
from tests.fixtures.statements import sent_statements
from tests.fixtures.workbooks import SHEET, repacked, sheet
from tests.integration.platform.test_query_count import fill

SheetsOf = Callable[[Any], Sheets]
CUSTOMERS: Table = [
    ["name", "email", "phone", "status"],
    ["Grace", "grace@example.com", "+1 202 555 0143", "active"],
    ["Ada", "", "", ""],
]
PRODUCTS: Table = [
    ["sku", "name", "price_amount", "price_currency", "is_active"],
    ["SEAT-1", "Seat", "240.00", "EUR", "true"],
    ["SEAT-2", "Two seats", "400", "EUR", "FALSE"],
]


@pytest.fixture
def run_import(sheets: Sheets, uow: SqlUnitOfWorkFactory) -> Callable[..., Any]:
    """Runs an import as a job does; answers the execution."""

    async def run(inputs: ImportInputs) -> Execution:
        kinds = {"import": RegisteredKind(sheets.imports, ImportInputs, import_name)}
        executions = execution_service(uow, kinds, 1)
        asked = ExecutionCreate.model_construct(kind="import", inputs=inputs, name=None)
        execution_id = made(await executions.create(asked, sheets.person)).id
        await executions.run(execution_id, FIRST)
        return await stored(uow, execution_id)

    return run


@pytest.fixture
def sheets(sheets_of: SheetsOf, member: Person) -> Sheets:
    return sheets_of(member.principal)


async def items(person: Person, resource: str) -> list[dict[str, Any]]:
    answer = await person.get(f"/{resource}", params={"sort": "created_at", "limit": 200})
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def problems(result: ImportResult) -> list[tuple[int, str | None]]:
    return [(error.row, error.column) for error in result.errors]


def counts(result: ImportResult) -> tuple[int, int, int, int, int]:
    assert result.rows == (
        result.created + result.updated + result.unchanged + result.failed + result.skipped
    )
    return result.created, result.updated, result.unchanged, result.failed, result.skipped


@pytest.mark.parametrize("name", ["c.csv", "c.xlsx"])
@pytest.mark.parametrize("all_or_nothing", [True, False])
async def test_rows_become_customers_in_their_order(
    sheets: Sheets, member: Person, name: str, all_or_nothing: bool
) -> None:
    result = await sheets.load("customers", CUSTOMERS, name, all_or_nothing=all_or_nothing)

    assert (counts(result), result.errors) == ((2, 0, 0, 0, 0), [])
    found = await items(member, "customers")
    assert [(each["name"], each["email"], each["phone"], each["status"]) for each in found] == [
        ("Grace", "grace@example.com", "+1 202 555 0143", "active"),
        ("Ada", None, None, "prospect"),
    ]
    assert {(each["owner_id"], each["version"]) for each in found} == {(str(member.user.id), 1)}


async def test_a_row_with_a_known_key_changes_what_is_there(sheets: Sheets, member: Person) -> None:
    await sheets.load("products", PRODUCTS)
    table = [*PRODUCTS[:2], ["seat-2", "Two seats", "390.50", "EUR", "true"]]

    result = await sheets.load("products", table)

    assert counts(result) == (0, 1, 1, 0, 0)
    first, second = await items(member, "products")
    assert (first["version"], second["version"]) == (1, 2)
    assert second["updated_at"] > second["created_at"]
    assert (second["sku"], second["is_active"]) == ("seat-2", True)
    assert second["price"] == {"amount": "390.50", "currency": "EUR"}


async def test_what_has_no_column_stays(sheets: Sheets, member: Person) -> None:
    await sheets.load("customers", [["name", "email", "company"], ["G", "g@example.com", "Navy"]])

    result = await sheets.load("customers", [["name", "email"], ["Grace", "G@example.com"]])

    assert counts(result) == (0, 1, 0, 0, 0)
    (customer,) = await items(member, "customers")
    assert (customer["name"], customer["company"]) == ("Grace", "Navy")


async def test_a_blank_cell_empties_what_may_be_empty(sheets: Sheets, member: Person) -> None:
    headers = ["name", "email", "company", "status", "notes"]
    await sheets.load("customers", [headers, ["G", "g@example.com", "Navy", "active", "Hi"]])

    await sheets.load("customers", [headers, ["G", "g@example.com", "", "", ""]])

    (customer,) = await items(member, "customers")
    assert (customer["company"], customer["notes"], customer["status"]) == (None, "", "active")


def cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


UNUSABLE = {
    "no value": "<c><f>A1</f></c>",
    "no value yet": "<c><f>A1</f><v></v></c>",
    "error": '<c t="e"><f>A1</f><v>#SPILL!</v></c>',
    "error of LibreOffice": cell("Err:508"),
    "error in German": cell("#BEZUG!"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
@pytest.mark.parametrize("all_or_nothing", [True, False])
async def test_a_formula_without_a_result_empties_nothing(
    sheets: Sheets, member: Person, kind: str, all_or_nothing: bool
) -> None:
    await sheets.load("customers", [["name", "email", "company"], ["G", "g@example.com", "Navy"]])
    rows = f"<row>{cell('name')}{cell('email')}{cell('company')}</row>"
    rows += f"<row>{cell('Grace')}{cell('g@example.com')}{UNUSABLE[kind]}</row>"
    content = repacked({SHEET: sheet(rows)})

    result = await sheets.load("customers", content, "x.xlsx", all_or_nothing=all_or_nothing)

    assert problems(result) == [(2, "company")]
    (customer,) = await items(member, "customers")
    assert (customer["name"], customer["company"]) == ("G", "Navy")


async def test_a_cell_in_an_ignored_column_may_be_unusable(sheets: Sheets) -> None:
    rows = f"<row>{cell('name')}{cell('version')}</row><row>{cell('Ada')}<c><f>A1</f></c></row>"

    result = await sheets.load("customers", repacked({SHEET: sheet(rows)}), "x.xlsx")

    assert counts(result) == (1, 0, 0, 0, 0)


async def test_dates_keep_their_offset(sheets: Sheets, member: Person) -> None:
    written = ["2026-06-01", "2026-06-01T10:00:00", "2026-06-01T10:00:00+02:00"]
    rows = "".join(f'<row>{cell("x")}<c t="d"><v>{each}</v></c></row>' for each in written)
    content = repacked({SHEET: sheet(f"<row>{cell('title')}{cell('due_at')}</row>{rows}")})

    await sheets.load("tasks", content, "x.xlsx")

    assert [each["due_at"] for each in await items(member, "tasks")] == [
        *("2026-06-01T00:00:00Z", "2026-06-01T10:00:00Z", "2026-06-01T08:00:00Z")
    ]


AMOUNTS = [("1.000,50", "EUR", "1000.50"), ("1,000.5", "EUR", "1000.50"), ("12,5", "EUR", "12.50")]
AMOUNTS += [("1.500", "KWD", "1.500"), ("1\u00a0000", "JPY", "1000")]


async def test_amounts_are_read_as_people_write_them(sheets: Sheets, member: Person) -> None:
    rows = [[f"S{n}", "x", text, code] for n, (text, code, _) in enumerate(AMOUNTS)]

    result = await sheets.load("products", [PRODUCTS[0][:4], *rows])

    assert result.errors == []
    found = [each["price"] for each in await items(member, "products")]
    assert found == [{"amount": amount, "currency": code} for _, code, amount in AMOUNTS]


@pytest.mark.parametrize("text", ["1.000", "1,000", "1_000", "\uff11", "5 €"])
async def test_no_amount_is_guessed(sheets: Sheets, member: Person, text: str) -> None:
    result = await sheets.load("products", [PRODUCTS[0][:4], ["S", "x", text, "EUR"]])

    assert problems(result) == [(2, "price_amount")]
    assert not any("pattern" in error.message for error in result.errors)


async def test_an_address_of_several_customers_needs_the_id(
    sheets: Sheets, member: Person, uow: UnitOfWorkFactory
) -> None:
    rows = [make_customer(email="x@example.com", owner_id=member.user.id) for _ in range(2)]
    async with uow(SYSTEM) as unit:
        await unit.customers.save_many(rows)
        await unit.commit()

    refused = await sheets.load("customers", [["name", "email"], ["X", "x@example.com"]])
    table = [["id", "name", "email"], [str(rows[1].id), "X", "x@example.com"]]
    changed = await sheets.load("customers", table)

    assert problems(refused) == [(2, "email")]
    assert counts(changed) == (0, 1, 0, 0, 0)
    assert [each["name"] for each in await items(member, "customers")][1] == "X"


@pytest.mark.parametrize("resource", ["customers", "leads", "products", "tasks"])
async def test_what_was_exported_is_imported_unchanged(
    sheets_of: SheetsOf, admin: Person, uow: UnitOfWorkFactory, resource: str
) -> None:
    await fill(uow, admin, 3)
    sheets = sheets_of(admin.principal)
    as_text = (await admin.get(f"/{resource}", headers={"Accept": "text/csv"})).content
    assert counts(await sheets.load(resource, as_text, "x.csv"))[2] == 3
    async with uow(SYSTEM) as unit:
        text = "=1+1\r\n\x0b_x0041_ 'so'"
        await unit.customers.save(make_customer(owner_id=admin.user.id, notes=text, phone="+1 23"))
        await unit.tasks.save(make_task(description="'=x", due_at=now()))
        await unit.commit()
    before = await items(admin, resource)
    file, _ = await sheets.export(resource)

    result = await sheets.load(resource, await sheets.content(file), "x.xlsx")

    assert (counts(result), result.errors) == ((0, 0, len(before), 0, 0), [])
    assert "created_at" in result.ignored_columns
    assert await items(admin, resource) == before


ODD_NAMES = ["=1+1", "#N/A", "'#N/A", "00123", "+49 30", "-5", "'", "sep=;", "1.000", "Err:508"]
ODD_NAMES += [
    '="0042"',
    "2026-06-01",
    "TRUE",
    "1E5",
    "Gr\u00fc\u00dfe; \u201eja\u201c",
    "@home",
    "|a b",
]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
async def test_what_looks_like_more_than_a_text_comes_back_as_it_was(
    sheets_of: SheetsOf, admin: Person, uow: UnitOfWorkFactory, suffix: str
) -> None:
    sheets = sheets_of(admin.principal)
    async with uow(SYSTEM) as unit:
        for name in ODD_NAMES:
            row = make_customer(
                owner_id=admin.user.id, name=name, company=name, notes=f"{name}\r\n"
            )
            await unit.customers.save(row)
        for sku, amount, currency in (("00123", "1.500", "KWD"), ("1E5", "1000", "EUR")):
            await unit.products.save(
                make_product(sku=sku, price_amount=Decimal(amount), price_currency=currency)
            )
        await unit.commit()

    for resource in ("customers", "products"):
        before = await items(admin, resource)
        if suffix == "csv":
            content = (await admin.get(f"/{resource}", headers={"Accept": "text/csv"})).content
        else:
            file, _ = await sheets.export(resource)
            content = await sheets.content(file)
        result = await sheets.load(resource, content, f"x.{suffix}")
        assert (counts(result), result.errors) == ((0, 0, len(before), 0, 0), [])
        assert await items(admin, resource) == before


async def test_a_dry_run_tells_what_would_happen_and_writes_nothing(
    sheets: Sheets, member: Person, uow: UnitOfWorkFactory
) -> None:
    await sheets.load("customers", CUSTOMERS)
    before = await items(member, "customers")
    table = [CUSTOMERS[0], ["Grace", "grace@example.com", "", "active"], ["New", "", "", ""]]

    told = await sheets.load("customers", table, dry_run=True)

    assert await items(member, "customers") == before
    assert told.dry_run
    done = await sheets.load("customers", table)
    assert counts(told) == counts(done) == (1, 1, 0, 0, 0)


BAD: Table = [
    ["name", "email", "status"],
    ["Good", "good@example.com", "active"],
    ["", "bad", "gone"],
    ["Better", "better@example.com", "active"],
]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_one_bad_row_keeps_all_from_being_written(
    sheets: Sheets, member: Person, dry_run: bool
) -> None:
    result = await sheets.load("customers", BAD, dry_run=dry_run)

    assert counts(result) == (0, 0, 0, 1, 2)
    assert problems(result) == [(3, "name"), (3, "email"), (3, "status")]
    assert all(error.message.endswith(".") for error in result.errors)
    assert await items(member, "customers") == []


async def test_good_rows_are_written_where_that_is_wanted(sheets: Sheets, member: Person) -> None:
    result = await sheets.load("customers", BAD, all_or_nothing=False)

    assert counts(result) == (2, 0, 0, 1, 0)
    assert [each["name"] for each in await items(member, "customers")] == ["Good", "Better"]


@pytest.mark.parametrize(
    ("headers", "column"),
    [
        (["name", "colour"], "colour"),
        (["email"], "name"),
        (["name", "email", "E-Mail", "e_mail"], "E-Mail"),
        (["name", "Name"], "Name"),
        (["name", "owner_id", "owner_email"], "owner_id"),
    ],
)
async def test_headers_that_do_not_fit_are_named(
    sheets: Sheets, headers: list[str], column: str
) -> None:
    result = await sheets.load("customers", [headers, ["x"] * len(headers)])

    assert (1, column) in problems(result)
    assert counts(result) == (0, 0, 0, 0, 0)


async def test_an_amount_needs_its_currency(sheets: Sheets) -> None:
    result = await sheets.load("leads", [["name", "estimated_value_amount"], ["x", "3"]])

    assert problems(result) == [(1, "estimated_value_currency")]


async def test_columns_with_other_names_are_mapped(sheets: Sheets, member: Person) -> None:
    table = [["Kunde", "E-Mail Adresse", "STATUS"], ["Grace", "g@example.com", "wrong"]]
    mapping = {"kunde": "name", "E-Mail Adresse": "email"}

    refused = await sheets.load("customers", table, mapping=mapping)
    unknown = await sheets.load("customers", table, mapping={**mapping, "Nobody": "notes"})
    table[1][2] = "active"
    result = await sheets.load("customers", table, mapping=mapping)

    assert problems(refused) == [(2, "STATUS")]
    assert problems(unknown) == [(1, "nobody")]
    assert counts(result) == (1, 0, 0, 0, 0)


async def test_a_mapping_names_each_column_once(sheets: Sheets, member: Person) -> None:
    table = [["Kunde", "Mail"], ["Grace", "g@example.com"]]
    mapping = {"Kunde": "name", "Mail": "email", "KUNDE ": "notes"}

    refused = await sheets.load("customers", table, mapping=mapping)

    assert problems(refused) == [(1, "KUNDE")]
    assert (await member.get("/customers")).json()["items"] == []


@pytest.mark.parametrize(
    ("resource", "headers", "row", "column"),
    [
        ("customers", ["id", "name"], ["none", "x"], "id"),
        ("customers", ["id", "name"], [str(UUID(int=1)), "x"], "id"),
        ("customers", ["name", "owner_id"], ["x", str(UUID(int=1))], "owner_id"),
        ("customers", ["name", "owner_email"], ["x", "nobody@example.com"], "owner_email"),
        ("customers", ["name"], ["#REF!"], "name"),
        ("customers", ["name"], ["x", "y"], None),
        ("leads", ["name", "status"], ["x", "converted"], "status"),
        ("leads", ["name", "product_ids"], ["x", str(UUID(int=1))], "product_ids"),
        ("products", PRODUCTS[0], ["s", "x", "1.234", "EUR", "true"], "price_amount"),
        ("products", PRODUCTS[0], ["s", "x", "1", "", "true"], "price_currency"),
        ("products", PRODUCTS[0], ["s", "x", "1", "EUR", "maybe"], "is_active"),
        ("tasks", ["title", "due_at"], ["x", "2026-06-01"], "due_at"),
        ("tasks", ["title", "customer_id"], ["x", str(UUID(int=1))], "customer_id"),
        ("tasks", ["title", "module_id"], ["x", str(UUID(int=1))], "module_id"),
    ],
)
async def test_a_bad_cell_is_named_by_row_and_column(
    sheets: Sheets, resource: str, headers: list[str], row: list[str], column: str | None
) -> None:
    result = await sheets.load(resource, [headers, row])

    assert problems(result) == [(2, column)]


UNSTORABLE = "a_x0000_b@example.com"


@pytest.mark.parametrize("header", ["name", "email", "phone", "notes", "owner_email", "id"])
async def test_text_that_cannot_be_stored_is_named_by_row_and_column(
    sheets: Sheets, member: Person, header: str
) -> None:
    headers = sorted({"name", header})
    good, bad = [["x" if each == "name" else "" for each in headers] for _ in range(2)]
    bad[headers.index(header)] = UNSTORABLE

    table = [headers, good, bad]
    result = await sheets.load("customers", table, "x.xlsx", all_or_nothing=False)

    assert problems(result) == [(3, header)]
    assert "remove it" in result.errors[0].message
    assert [each["name"] for each in await items(member, "customers")] == ["x"]


async def test_a_nul_far_behind_in_a_csv_is_named(sheets: Sheets) -> None:
    rows = b"Ada,a@example.com\n" * 1_000 + b"Ada,\0@example.com\n"

    result = await sheets.load("customers", b"name,email\n" + rows)

    assert (result.failed, result.errors[-1].row, result.errors[-1].column) == (1000, 1002, "email")


async def test_what_errors_quote_can_be_stored(
    run_import: Callable[..., Any], sheets: Sheets
) -> None:
    inputs = await sheets.inputs("customers", [["name", UNSTORABLE * 50], ["x", "y"]], "x.xlsx")
    execution = await run_import(inputs)

    assert execution.status is ExecutionStatus.COMPLETED
    (error,) = execution.result["errors"]
    assert (error["row"], len(error["column"]), error["column"][1]) == (1, 200, "\ufffd")


async def test_errors_are_short(sheets_of: SheetsOf, admin: Person) -> None:
    sheets = sheets_of(admin.principal)
    table = [["name", "owner_email"], ["x", f"{'a' * 9_000}@example.com"]]

    (error,) = (await sheets.load("customers", table)).errors

    assert len(error.message) == 300
    assert error.message.startswith("There is no user with the address a")
    assert error.message.endswith("…")


@pytest.mark.parametrize("resource", list(RESOURCES))
async def test_no_remedy_is_cut_off(sheets: Sheets, resource: SheetResource) -> None:
    result = await sheets.load(resource, [["colour"], ["x"]])

    assert not any(error.message.endswith("…") for error in result.errors)


async def test_giving_tasks_to_others_takes_the_permission(
    sheets_of: SheetsOf, member: Person, manager: Person
) -> None:
    table = [["title", "assignee_id"], ["Call", str(member.user.id)], ["Nobody's", ""]]
    others = [["title", "assignee_id"], ["Call", str(manager.user.id)]]

    assert problems(await sheets_of(member.principal).load("tasks", others)) == [(2, "assignee_id")]
    assert counts(await sheets_of(manager.principal).load("tasks", table)) == (2, 0, 0, 0, 0)
    given = {each["title"]: each["assignee_id"] for each in await items(member, "tasks")}
    assert given == {"Call": str(member.user.id), "Nobody's": None}


async def test_who_may_read_users_names_them_by_their_address(
    sheets_of: SheetsOf, admin: Person, member: Person
) -> None:
    table = [["title", "assignee_email"], ["Call", member.user.email.upper()], ["Nobody's", ""]]

    assert counts(await sheets_of(admin.principal).load("tasks", table)) == (2, 0, 0, 0, 0)
    given = {each["title"]: each["assignee_id"] for each in await items(member, "tasks")}
    assert given == {"Call": str(member.user.id), "Nobody's": None}


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("resource", "header"),
    [("customers", "owner_email"), ("leads", "owner_email"), ("tasks", "assignee_email")],
)
async def test_nobody_learns_which_addresses_have_accounts(
    sheets_of: SheetsOf,
    manager: Person,
    signed_in: SignedIn,
    *,
    resource: str,
    header: str,
    dry_run: bool,
) -> None:
    there, gone = await signed_in(), await signed_in(is_active=False)
    addresses = [there.user.email, gone.user.email, "nobody@example.com"]
    name = "title" if resource == "tasks" else "name"
    sheets = sheets_of(manager.principal)

    errors = [
        (await sheets.load(resource, [[name, header], ["x", each]], dry_run=dry_run)).errors
        for each in addresses
    ]

    assert errors[0] == errors[1] == errors[2]
    assert [(each.row, each.column) for each in errors[0]] == [(2, header)]
    own = [[name, header], ["x", f"\u200b{manager.user.email.upper()} "]]
    assert counts(await sheets.load(resource, own, dry_run=dry_run)) == (1, 0, 0, 0, 0)


async def test_nothing_is_given_to_who_is_deactivated(
    sheets_of: SheetsOf, admin: Person, signed_in: SignedIn
) -> None:
    gone = await signed_in(is_active=False)
    table = [["name", "owner_email"], ["x", gone.user.email]]

    result = await sheets_of(admin.principal).load("customers", table)

    assert problems(result) == [(2, "owner_email")]
    assert "deactivated" in result.errors[0].message


async def test_statuses_move_by_the_allowed_transitions(sheets: Sheets, member: Person) -> None:
    await sheets.load("tasks", [["title", "status"], ["a", "done"], ["b", "open"]])
    done, opened = await items(member, "tasks")
    assert done["completed_at"] is not None
    table = [["id", "title", "status"], [done["id"], "a", "in_progress"]]

    refused = await sheets.load("tasks", table)
    changed = await sheets.load("tasks", [*table[:1], [opened["id"], "b", "in_progress"]])

    assert problems(refused) == [(2, "status")]
    assert counts(changed) == (0, 1, 0, 0, 0)


async def test_leads_get_and_lose_products(sheets: Sheets, member: Person) -> None:
    await sheets.load("products", PRODUCTS)
    ids = [each["id"] for each in await items(member, "products")]
    headers = ["name", "email", "product_ids"]

    await sheets.load("leads", [headers, ["G", "g@example.com", "; ".join(ids)]])
    (made,) = await items(member, "leads")
    again = await sheets.load("leads", [headers, ["G", "g@example.com", ids[1]]])

    assert made["product_ids"] == sorted(ids)
    assert counts(again) == (0, 1, 0, 0, 0)
    (changed,) = await items(member, "leads")
    assert (changed["product_ids"], changed["version"]) == ([ids[1]], 2)


async def test_two_rows_about_the_same_are_an_error(sheets: Sheets, member: Person) -> None:
    table = [*PRODUCTS, ["seat-1", "Again", "1", "EUR", "true"]]
    assert problems(await sheets.load("products", table)) == [(4, "sku")]

    await sheets.load("products", PRODUCTS)
    first, second = await items(member, "products")
    headers = ["id", "sku", "name", "price_amount", "price_currency"]
    taken = [headers, [first["id"], second["sku"], "x", "1", "EUR"]]
    assert problems(await sheets.load("products", taken)) == [(2, "sku")]


async def test_an_import_records_one_event(
    sheets: Sheets, uow: UnitOfWorkFactory, member: Person
) -> None:
    await sheets.load("customers", CUSTOMERS)
    await sheets.load("customers", CUSTOMERS[:2])
    await sheets.load("customers", [CUSTOMERS[0], ["G", "grace@example.com", "", ""]])

    async with uow.reading(SYSTEM) as unit:
        page = await unit.events.page(EventQuery(type=["customer.imported"]))
    changed, created = page.items
    ids = [each["id"] for each in await items(member, "customers")]
    assert (created.after("created"), created.after("updated")) == (ids, [])
    assert (changed.after("created"), changed.after("updated")) == ([], ids[:1])
    assert (created.actor_id, created.means, created.subject_id) == (member.user.id, "job", None)


@pytest.mark.parametrize("step", ["rows 2-501", "write"])
async def test_a_crash_repeats_nothing(
    sheets: Sheets, member: Person, uow: UnitOfWorkFactory, step: str
) -> None:
    """Not even where the work is done and the step is not known to be."""
    table = [["title"], *(["Task"] for _ in range(700))]
    inputs = await sheets.inputs("tasks", table, all_or_nothing=step == "write")
    run = sheets.new_run()
    run.crash_after = step
    with pytest.raises(Crash):
        await sheets.run(inputs, run)

    result = await sheets.run(inputs, run)

    assert counts(result) == (700, 0, 0, 0, 0)
    async with uow.reading(SYSTEM) as unit:
        events = (await unit.events.page(EventQuery(type=["task.imported"]))).items
    ids = [row_id for event in events for row_id in event.after("created")]
    assert len(ids) == len(set(ids)) == 700


@pytest.mark.parametrize("all_or_nothing", [True, False])
async def test_attempts_at_once_double_no_row(
    sheets: Sheets, member: Person, all_or_nothing: bool
) -> None:
    """As when a worker was frozen for longer than its lease."""
    table = [["title"], *(["Task"] for _ in range(150))]
    inputs = await sheets.inputs("tasks", table, all_or_nothing=all_or_nothing)
    run = sheets.new_run()

    # Whoever inserts a row for a second time fails, and is run again.
    attempts = [sheets.run(inputs, replace(run, steps={})) for _ in range(3)]
    await asyncio.gather(*attempts, return_exceptions=True)
    result = await sheets.run(inputs, run)

    assert counts(result) == (150, 0, 0, 0, 0)
    assert len(await items(member, "tasks")) == 150


async def test_what_an_attempt_without_a_step_has_updated_counts_as_unchanged(
    sheets: Sheets,
) -> None:
    await sheets.load("products", PRODUCTS)
    table = [*PRODUCTS[:2], ["SEAT-2", "Two seats", "390.50", "EUR", "true"]]
    inputs, run = await sheets.inputs("products", table), sheets.new_run()
    run.crash_after = "write"
    with pytest.raises(Crash):
        await sheets.run(inputs, run)

    assert counts(await sheets.run(inputs, run)) == (0, 0, 2, 0, 0)


async def test_the_errors_of_many_rows_are_counted(sheets: Sheets) -> None:
    table = [["name", "status"], *(["x", "wrong"] for _ in range(MAX_ERRORS + 5))]

    result = await sheets.load("customers", table, all_or_nothing=False)

    assert len(result.errors) == MAX_ERRORS
    assert (result.error_count, result.failed) == (MAX_ERRORS + 5, MAX_ERRORS + 5)


async def test_blank_rows_are_passed_over_and_counted_as_the_spreadsheet_does(
    sheets: Sheets,
) -> None:
    table = [["name", "status"], ["", ""], ["x", "wrong"], [], ["y", "wrong"]]

    for name in ("x.csv", "x.xlsx"):
        result = await sheets.load("customers", table, name)
        assert (result.rows, problems(result)) == (2, [(3, "status"), (5, "status")])


async def test_semicolons_a_mark_and_numbers_are_understood(sheets: Sheets, member: Person) -> None:
    content = b"\xef\xbb\xbf" + as_csv(PRODUCTS, ";")
    assert counts(await sheets.load("products", content)) == (2, 0, 0, 0, 0)
    numbers = [PRODUCTS[0], [1001, 42, 19.9, "EUR", True]]
    assert counts(await sheets.load("products", numbers, "x.xlsx")) == (1, 0, 0, 0, 0)

    last = (await items(member, "products"))[-1]

    assert (last["sku"], last["name"], last["price"]["amount"]) == ("1001", "42", "19.90")


def far_row() -> bytes:
    """A row far behind all others, which openpyxl would reach step by step."""
    source = io.BytesIO(as_xlsx([["name"], ["x"]]))
    target = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for each in old.infolist():
            text = old.read(each).replace(b'r="2"', b'r="999999999"').replace(b"A2", b"A999999999")
            new.writestr(each, text)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"name\nGr\xe4ce".ljust(9000), "latin1.csv", "UTF-8"),
        (b'name\n"x', "quote.csv", "quotes"),
        (b"\n\n", "blank.csv", "headers"),
        (as_xlsx([["name"], ["x"]])[:-200], "cut.xlsx", "save it again"),
        (b"name\n" + b'"x\n",' * 500_000, "long-row.csv", "row has more"),
        (as_csv([["name"] + ["x"] * 200]), "wide.csv", "columns"),
        (as_csv([["name"], ["x" * 33_000]]), "long.csv", "characters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_file_that_is_no_table_is_refused(
    sheets: Sheets, content: bytes, name: str, words: str
) -> None:
    if "latin1" in name:
        # Only the beginning is looked at when a file is uploaded.
        content = b"name\n" + b"x\n" * 5000 + b"Gr\xe4ce"

    with pytest.raises(InvalidInputError, match=words) as refused:
        await sheets.load("customers", content, name)

    assert refused.value.field == "file_id"


async def test_a_row_far_behind_all_others_is_not_walked_to(sheets: Sheets) -> None:
    with pytest.raises(InvalidInputError, match="1,000,000 rows"):
        await sheets.load("customers", far_row(), "far.xlsx")


async def test_only_csv_and_xlsx_are_taken(sheets: Sheets) -> None:
    for content, name in ((b"name\nx", "x.txt"), (b"%PDF-1.7 x", "x.pdf")):
        with pytest.raises(InvalidInputError, match=r"CSV .* XLSX") as refused:
            await sheets.load("customers", content, name)
        assert refused.value.field == "file_id"


async def test_only_who_may_write_and_read_the_file_imports(
    sheets_of: SheetsOf, sheets: Sheets, viewer: Person, admin: Person
) -> None:
    inputs = await sheets.inputs("customers", CUSTOMERS)
    unknown = ImportInputs(resource=SheetResource.CUSTOMERS, file_id=uuid4())

    with pytest.raises(PermissionDeniedError):
        await sheets.imports.check(inputs, viewer.principal)
    for person, given in ((admin, inputs), (admin, unknown)):
        with pytest.raises(InvalidInputError, match="no file"):
            await sheets.imports.check(given, person.principal)
        run = sheets_of(person.principal).new_run()
        with pytest.raises(InvalidInputError, match="no file"):
            await sheets.run(given, run)


async def test_two_thousand_rows(sheets: Sheets, member: Person) -> None:
    rows = [[f"Customer {n}", f"c{n}@example.com"] for n in range(2000)]
    run = sheets.new_run()
    inputs = await sheets.inputs("customers", [["name", "email"], *rows], all_or_nothing=False)

    result = await sheets.run(inputs, run)

    assert counts(result) == (2000, 0, 0, 0, 0)
    assert list(run.steps) == [f"rows {n}-{n + 499}" for n in (2, 502, 1002, 1502)]
    assert run.told[-1] == (2000, 2000, "Writing")
    again = await sheets.load("customers", [["name", "email"], *rows])
    assert counts(again) == (0, 0, 2000, 0, 0)


async def test_an_import_asks_for_the_row_of_its_file_once_each_time(
    member: Person, jobs: Jobs
) -> None:
    file = await member.post("/files", files={"file": ("a.csv", b"name\nAda\n", "text/csv")})
    asked = {"kind": "import", "inputs": {"resource": "customers", "file_id": file.json()["id"]}}

    with sent_statements() as when_asked:
        execution = (await member.post("/executions", json=asked)).json()
    with sent_statements() as when_run:
        await jobs.drain(Queue.EXECUTIONS)

    ended = (await member.get(f"/executions/{execution['id']}")).json()
    assert (ended["name"], ended["status"]) == ("Import of customers from a.csv", "completed")
    for sent in (when_asked, when_run):
        assert sum("FROM files" in each.text for each in sent) == 1


async def test_the_id_of_a_new_row_is_worked_out_once(
    sheets: Sheets, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers: list[int] = []

    def counted(execution_id: UUID, number: int) -> UUID:
        numbers.append(number)
        return new_row_id(execution_id, number)

    monkeypatch.setattr(planning, "new_row_id", counted)
    table = [["name", "email"], ["Ada", "ada@example.com"], ["Grace", ""]]

    result = await sheets.load("customers", table)

    assert counts(result) == (2, 0, 0, 0, 0)
    assert numbers == [2, 3]
