"""The kind `report`, from the request to the result."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from backend.core.scopes import FIRST, SYSTEM
from backend.models.platform.mixins import now
from backend.models.sales.leads import LeadStatus
from backend.models.tasks.tasks import TaskStatus
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.background.executions import ExecutionService
from tests.factories import make_lead, make_task
from tests.fixtures.people import Person


async def report(
    person: Person, executions: ExecutionService, name: str, **filters: Any
) -> dict[str, Any]:
    body = {"kind": "report", "inputs": {"report": name} | filters}
    created = await person.post("/executions", json=body)
    assert created.status_code == 202, created.text
    await executions.run(UUID(created.json()["id"]), FIRST)
    read = await person.get(f"/executions/{created.json()['id']}")
    assert read.json()["status"] == "completed", read.text
    result: dict[str, Any] = read.json()["result"]
    return result


def worth(amount: str, currency: str) -> dict[str, Any]:
    return {
        "estimated_value_amount": Decimal(amount),
        "estimated_value_currency": currency,
    }


@pytest.fixture
async def leads(uow: SqlUnitOfWorkFactory, member: Person, manager: Person) -> None:
    mine, theirs = {"owner_id": member.user.id}, {"owner_id": manager.user.id}
    rows = [
        make_lead(**mine, **worth("100.10", "EUR")),
        make_lead(**mine, **worth("0.20", "EUR")),
        make_lead(**theirs, **worth("5000", "JPY")),
        make_lead(**mine),
        make_lead(**theirs, **worth("7", "USD"), status=LeadStatus.LOST),
        make_lead(**mine, created_at=now() - timedelta(days=400), status=LeadStatus.LOST),
    ]
    async with uow(SYSTEM) as unit:
        await unit.leads.add_missing(rows)
        await unit.commit()


@pytest.mark.usefixtures("leads")
async def test_the_pipeline_counts_and_sums_leads_by_status(
    viewer: Person, executions: ExecutionService
) -> None:
    result = await report(viewer, executions, "leads_pipeline")

    stages = {stage.pop("status"): stage for stage in result["stages"]}
    assert list(stages) == [status.value for status in LeadStatus]
    euros, yen = {"amount": "100.30", "currency": "EUR"}, {"amount": "5000", "currency": "JPY"}
    assert stages["new"] == {"count": 4, "values": [euros, yen]}
    assert stages["lost"] == {"count": 2, "values": [{"amount": "7.00", "currency": "USD"}]}
    assert stages["converted"] == {"count": 0, "values": []}
    assert (result["count"], result["tasks"]) == (6, [])
    assert (await report(viewer, executions, "tasks_by_age"))["stages"] == []


@pytest.mark.usefixtures("leads")
async def test_the_pipeline_of_one_person_and_one_time(
    viewer: Person, member: Person, executions: ExecutionService
) -> None:
    since = (now() - timedelta(days=30)).isoformat()

    result = await report(
        viewer,
        executions,
        "leads_pipeline",
        person_id=str(member.user.id),
        created_after=since,
    )
    earlier = await report(viewer, executions, "leads_pipeline", created_before=since)

    assert (result["count"], earlier["count"]) == (3, 1)


async def test_a_sum_may_be_more_than_any_amount(
    member: Person, executions: ExecutionService, uow: SqlUnitOfWorkFactory
) -> None:
    most = worth("999999999999.99", "EUR") | {"owner_id": member.user.id}
    async with uow(SYSTEM) as unit:
        await unit.leads.add_missing([make_lead(**most) for _ in range(3)])
        await unit.commit()

    result = await report(member, executions, "leads_pipeline")

    assert result["stages"][0]["values"] == [{"amount": "2999999999999.97", "currency": "EUR"}]


async def test_unfinished_tasks_are_counted_by_age_status_and_assignee(
    viewer: Person, member: Person, executions: ExecutionService, uow: SqlUnitOfWorkFactory
) -> None:
    def aged(days: float, **fields: Any) -> Any:
        return make_task(created_at=now() - timedelta(days=days), **fields)

    own = {"assignee_id": member.user.id}
    rows = [
        aged(0.5),
        aged(0.5),
        aged(6, **own),
        aged(8, status=TaskStatus.IN_PROGRESS),
        aged(31),
        aged(91),
        aged(500),
        aged(1, status=TaskStatus.DONE),
        aged(1, status=TaskStatus.CANCELLED),
    ]
    async with uow(SYSTEM) as unit:
        await unit.tasks.add_missing(rows)
        await unit.commit()

    result = await report(viewer, executions, "tasks_by_age")
    of_one = await report(viewer, executions, "tasks_by_age", person_id=str(member.user.id))

    names = ("age", "status", "assignee_id", "count")
    found = [tuple(group[name] for name in names) for group in result["tasks"]]
    assert found == [
        ("up to a day", "open", None, 2),
        ("up to a week", "open", str(member.user.id), 1),
        ("up to 30 days", "in_progress", None, 1),
        ("up to 90 days", "open", None, 1),
        ("older", "open", None, 2),
    ]
    assert result["count"] == 7
    assert of_one["count"] == 1
