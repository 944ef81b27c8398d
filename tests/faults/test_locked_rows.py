"""Rows that somebody has locked for longer than a statement waits."""

import asyncio
import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.background.kinds import TryAgainError
from backend.services.exchange.imports import writing
from tests.factories import make_task
from tests.fixtures.application import make_settings, running_app
from tests.fixtures.jobs import Jobs
from tests.fixtures.organisations import Company
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.processes import wait_for_waiting
from tests.fixtures.sheets import Sheets
from tests.integration.exchange.test_import_races import add
from tests.integration.exchange.test_imports import counts, items
from tests.integration.operations.test_erasure import close, in_the_past
from tests.integration.organisations.test_erasing import LONG_AGO, left
from tests.integration.platform.test_contention import save


async def test_a_locked_row_fails_alone_and_everybody_else_goes_on(
    member: Person, uow: SqlUnitOfWorkFactory, settings: Settings, worker_database_url: str
) -> None:
    task = make_task()
    await save(uow, tasks=task)
    few = make_settings(
        worker_database_url,
        security=settings.security.model_dump(),
        database={"url": worker_database_url, "pool_size": 4, "lock_timeout_seconds": 1},
    )

    async with running_app(few) as client:
        person = Person(member.user, member.session, member.token, client)
        async with uow(SYSTEM) as holder:
            await holder.tasks.get(task.id, for_update=True)
            edits = [
                asyncio.create_task(person.patch(f"/tasks/{task.id}", json={"priority": "low"}))
                for _ in range(6)
            ]
            await asyncio.to_thread(wait_for_waiting, worker_database_url, 3)
            begun = time.monotonic()
            read = await person.get("/tasks")
            ready = await client.get("/health/ready")
            took = time.monotonic() - begun
            refused = await asyncio.gather(*edits)

    assert (read.status_code, ready.status_code) == (200, 200)
    assert took < 0.9
    assert {answer.status_code for answer in refused} == {503}
    assert refused[0].headers["Retry-After"] == "1"
    assert refused[0].json()["detail"].startswith("Somebody else is changing the same object.")


@pytest.fixture
def sheets(sheets_of: Any, member: Person) -> Sheets:
    made: Sheets = sheets_of(member.principal)
    return made


@pytest.mark.parametrize("all_or_nothing", [True, False])
async def test_an_import_waits_for_rows_that_others_have_locked(
    sheets: Sheets, member: Person, uow: UnitOfWorkFactory, *, all_or_nothing: bool
) -> None:
    customer = await add(member, "customers", name="First", email="a@example.com")
    table = [["name", "email"], ["Grace", "a@example.com"], ["New", ""]]
    inputs = await sheets.inputs("customers", table, all_or_nothing=all_or_nothing)
    async with uow(SYSTEM) as unit:
        row = await unit.customers.get(UUID(customer), for_update=True)
        running = asyncio.create_task(sheets.run(inputs, sheets.new_run()))
        # Longer than a statement waits for a lock.
        await asyncio.wait([running], timeout=2.5)
        row.notes = "!"
        await unit.customers.save(row)
        await unit.commit()

    assert counts(await running) == (1, 1, 0, 0, 0)
    found = {each["name"]: each["notes"] for each in await items(member, "customers")}
    assert found == {"Grace": "!", "New": ""}


async def test_a_row_that_stays_locked_is_tried_later(
    sheets: Sheets, member: Person, uow: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(writing, "_ATTEMPTS", 1)
    customer = await add(member, "customers", name="First", email="a@example.com")
    async with uow(SYSTEM) as unit:
        await unit.customers.get(UUID(customer), for_update=True)
        with pytest.raises(TryAgainError, match="Others are changing"):
            await sheets.load("customers", [["name", "email"], ["New", ""], ["G", "a@example.com"]])

    assert [each["name"] for each in await items(member, "customers")] == ["First"]


async def test_an_account_that_is_locked_holds_up_the_erasure_of_no_other(
    signed_in: SignedIn, admin: Person, jobs: Jobs, database: Database
) -> None:
    people = [await signed_in(), await signed_in()]
    for each in people:
        await close(each)
    await in_the_past(database)

    async with database.writing_session() as session:
        lock = text("SELECT FROM users WHERE id = :id FOR UPDATE")
        await (await session.connection()).execute(lock, {"id": people[0].user.id})
        with pytest.raises(ExceptionGroup):
            await jobs.services.operations.eraser.erase_due()

    found = [(await admin.get(f"/users/{each.user.id}")).json() for each in people]
    assert [each["erased_at"] is None for each in found] == [True, False]


async def test_an_organisation_that_is_locked_holds_up_the_erasure_of_no_other(
    companies: tuple[Company, Company], worker_divided_owner: Database, divided_jobs: Jobs
) -> None:
    organisations = divided_jobs.services.identity.organisations
    first, other = (company.scope.organisation_id for company in companies)
    async with worker_divided_owner.engine.connect() as connection:
        for each in (first, other):
            await connection.execute(LONG_AGO, {"id": each})

    async with worker_divided_owner.writing_session() as session:
        lock = text("SELECT FROM organisations WHERE id = :id FOR UPDATE")
        await (await session.connection()).execute(lock, {"id": first})
        with pytest.raises(ExceptionGroup):
            await organisations.erase_due()

    assert await left(organisations) & {first, other} == {first}
