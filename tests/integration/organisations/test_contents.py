"""Files, workbooks, and what long-running work makes of the rows of an organisation."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.models.platform.job_requests import Queue
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import make_execution
from tests.fixtures.jobs import Jobs
from tests.fixtures.organisations import Company, Hire
from tests.fixtures.people import Person
from tests.fixtures.sheets import Table, as_csv, as_xlsx, xlsx_rows

Companies = tuple[Company, Company]


async def upload(person: Person, name: str, content: bytes, **fields: Any) -> Any:
    return await person.post("/files", files={"file": (name, content)}, data=fields)


async def run(person: Person, jobs: Jobs, kind: str, **inputs: Any) -> dict[str, Any]:
    """The execution, when it has ended."""
    made = await person.post("/executions", json={"kind": kind, "inputs": inputs})
    assert made.status_code == 202, made.text
    await jobs.drain(Queue.EXECUTIONS)
    ended: dict[str, Any] = (await person.get(f"/executions/{made.json()['id']}")).json()
    return ended


async def test_the_content_of_a_file_is_that_of_its_organisation(
    companies: Companies, hire: Hire
) -> None:
    own, other = companies
    here = await hire(own)
    there = await hire(other, user=here.user)
    file = (await upload(here, "note.txt", own.marker.encode())).json()

    assert (await here.get(f"/files/{file['id']}/content")).text == own.marker
    for stranger in (there, other.admin):
        assert (await stranger.get(f"/files/{file['id']}/content")).status_code == 404
        assert (await stranger.get(f"/files/{file['id']}")).status_code == 404


async def test_no_file_returns_to_who_has_left(companies: Companies, hire: Hire) -> None:
    own, _ = companies
    member = await hire(own)
    place = {"customer_id": str(own.ids["customers"])}
    file = (await upload(member, "note.txt", b"note", **place)).json()["id"]
    assert (await own.admin.delete(f"/members/{member.user.id}")).status_code == 204

    refused = await own.admin.delete(f"/files/{file}/subject")

    assert refused.status_code == 409, refused.text
    assert (await own.admin.get(f"/files/{file}")).status_code == 200


async def test_a_file_is_not_put_where_another_organisation_is(companies: Companies) -> None:
    own, other = companies
    place = {"customer_id": str(other.ids["customers"])}

    refused = await upload(own.admin, "note.txt", b"note", **place)

    assert refused.status_code == 422, refused.text


async def test_contents_of_all_organisations_stay(companies: Companies, divided_jobs: Jobs) -> None:
    files = [
        (company, (await upload(company.admin, "note.txt", company.marker.encode())).json())
        for company in companies
    ]

    # As if they had been there for long.
    await divided_jobs.services.files.contents.remove_orphans(-timedelta(hours=1))

    for company, file in files:
        content = await company.admin.get(f"/files/{file['id']}/content")
        assert content.text == company.marker


@pytest.mark.parametrize("resource", ["customers", "leads", "products", "tasks"])
async def test_a_workbook_has_the_rows_of_its_organisation(
    companies: Companies, divided_jobs: Jobs, resource: str
) -> None:
    for company, stranger in (companies, companies[::-1]):
        done = await run(company.admin, divided_jobs, "export", resource=resource)
        content = await company.admin.get(f"/files/{done['result']['file_id']}/content")

        written = str(xlsx_rows(content.content))
        assert company.marker in written
        assert stranger.marker not in written


async def imported(person: Person, jobs: Jobs, resource: str, table: Table) -> dict[str, Any]:
    file = (await upload(person, "rows.xlsx", as_xlsx(table))).json()
    done = await run(person, jobs, "import", resource=resource, file_id=file["id"])
    result: dict[str, Any] = done["result"]
    return result


async def test_an_import_changes_nothing_of_another_organisation(
    companies: Companies, divided_jobs: Jobs
) -> None:
    own, other = companies
    before = await other.admin.get(f"/products/{other.ids['products']}")
    sku = before.json()["sku"]
    header = ["sku", "name", "price_amount", "price_currency"]

    result = await imported(
        own.admin, divided_jobs, "products", [header, [sku, own.marker, "1.00", "EUR"]]
    )

    assert result["created"] == 1, result
    after = await other.admin.get(f"/products/{other.ids['products']}")
    assert after.text == before.text


async def test_an_import_names_nobody_and_nothing_of_another_organisation(
    companies: Companies, divided_jobs: Jobs
) -> None:
    own, other = companies
    stranger = (await other.admin.get("/users/me")).json()["email"]
    unknown = f"{uuid4().hex}@example.com"
    table = [["title", "assignee_email"], ["Call", stranger], ["Call", unknown]]

    result = await imported(own.admin, divided_jobs, "tasks", table)

    assert result["created"] == 0, result
    told = [
        error["message"].replace(stranger, "").replace(unknown, "") for error in result["errors"]
    ]
    # What is wrong is the same for those who are elsewhere and those who are nowhere.
    assert len(told) == 2
    assert told[0] == told[1]


async def test_a_file_of_another_organisation_is_not_imported(
    companies: Companies, hire: Hire
) -> None:
    own, other = companies
    here = await hire(own)
    there = await hire(other, user=here.user)
    file = (await upload(here, "rows.csv", as_csv([["title"], ["Call"]]))).json()

    inputs = {"resource": "tasks", "file_id": file["id"]}
    refused = await there.post("/executions", json={"kind": "import", "inputs": inputs})

    assert refused.status_code == 422, refused.text


async def test_what_was_abandoned_is_told_within_its_organisation(
    companies: Companies, units: SqlUnitOfWorkFactory, divided_jobs: Jobs
) -> None:
    made = {}
    for company in companies:
        long_ago = now() - timedelta(hours=1)
        execution = make_execution(
            owner_id=company.admin.user.id, status="pending", updated_at=long_ago
        )
        made[execution.id] = company
        async with units(company.scope) as unit:
            await unit.executions.save(execution)
            await unit.commit()

    await divided_jobs.services.background.executions.end_abandoned()
    await divided_jobs.drain(Queue.EVENTS)

    for execution_id, company in made.items():
        found = (await company.admin.get(f"/executions/{execution_id}")).json()
        assert found["status"] == "failed", found
        told = (await company.admin.get("/notifications")).text
        assert [str(each) in told for each in made] == [each == execution_id for each in made]
