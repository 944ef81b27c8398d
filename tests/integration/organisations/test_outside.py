"""What comes from outside, and goes there: messages, webhooks, MCP, providers of identities."""

from typing import Any

import httpx2
import pytest

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.platform.job_requests import Queue
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.fixtures.application import running_app
from tests.fixtures.issuer import Issuer
from tests.fixtures.jobs import Jobs, running_jobs
from tests.fixtures.organisations import Company, Hire
from tests.fixtures.people import Person, with_key
from tests.fixtures.receiver import Receiver, status
from tests.fixtures.sign_in_browser import Browser, account_of, with_issuer
from tests.integration.assistant.test_mcp import MESSAGE, PLAIN, served_by
from tests.integration.webhooks.telling import SENDING, deliveries_of, make_task, make_webhook
from tests.integration.webhooks.test_incoming import send

Companies = tuple[Company, Company]


async def titles(company: Company) -> list[str]:
    return [each["title"] for each in (await company.admin.get("/tasks")).json()["items"]]


@pytest.fixture
async def companies_without_webhooks(companies: Companies) -> Companies:
    """Their example webhooks would be told, too."""
    for company in companies:
        answer = await company.admin.delete(f"/webhooks/{company.ids['webhooks']}")
        assert answer.status_code == 204, answer.text
    return companies


async def test_messages_are_those_of_the_organisation_that_is_set(
    companies: Companies, divided: Settings, divided_database: Database
) -> None:
    own, other = companies
    incoming = {"organisation": own.scope.organisation_id}
    settings = divided.model_copy(update={"incoming": divided.incoming.model_copy(update=incoming)})

    async with running_app(settings) as app, running_jobs(settings, divided_database) as jobs:
        first = await send(app)
        again = await send(app)
        assert (first.status_code, again.json()) == (202, first.json())
        await jobs.drain(Queue.EVENTS)
        assert "Call Grace" in await titles(own)
        assert "Call Grace" not in await titles(other)

        path = f"/organisations/{own.scope.organisation_id}"
        assert (await own.admin.delete(path)).status_code == 204
        assert (await send(app, message_id="msg_2")).status_code == 404


async def test_messages_are_otherwise_those_of_the_first(
    companies: Companies, divided_client: httpx2.AsyncClient, divided_jobs: Jobs
) -> None:
    assert (await send(divided_client)).status_code == 202
    await divided_jobs.drain(Queue.EVENTS)

    for company in companies:
        assert "Call Grace" not in await titles(company)


async def test_webhooks_are_told_of_their_organisation(
    companies_without_webhooks: Companies, receiver: Receiver, divided_jobs: Jobs
) -> None:
    own, other = companies_without_webhooks
    webhook, others = [await make_webhook(company.admin, receiver.url) for company in (own, other)]

    await make_task(own.admin, own.marker)
    await divided_jobs.drain(*SENDING)

    assert [data["title"] for _, data in receiver.told()] == [own.marker]
    assert len(await deliveries_of(own.admin, webhook)) == 1
    assert await deliveries_of(other.admin, others) == []
    path = f"/webhooks/{webhook['id']}"
    for asked in (path, f"{path}/deliveries", f"{path}/secret"):
        assert (await other.admin.get(asked)).status_code == 404


async def test_a_webhook_that_is_switched_off_is_told_within_its_organisation(
    companies_without_webhooks: Companies, receiver: Receiver, divided_jobs: Jobs
) -> None:
    own, other = companies_without_webhooks
    receiver.always = status(410)
    webhook = await make_webhook(own.admin, receiver.url)

    await make_task(own.admin)
    await divided_jobs.drain(*SENDING)
    await divided_jobs.drain(Queue.EVENTS)

    assert (await own.admin.get(f"/webhooks/{webhook['id']}")).json()["is_active"] is False
    query = {"type": "webhook.switched_off"}
    assert len((await own.admin.get("/audit", params=query)).json()["items"]) == 1
    assert (await other.admin.get("/audit", params=query)).json()["items"] == []
    kind = {"kind": "webhook_switched_off"}
    assert len((await own.admin.get("/notifications", params=kind)).json()["items"]) == 1
    assert (await other.admin.get("/notifications", params=kind)).json()["items"] == []


async def test_an_organisation_without_webhooks_leaves_those_of_others_alone(
    companies_without_webhooks: Companies, receiver: Receiver, divided_jobs: Jobs
) -> None:
    own, other = companies_without_webhooks
    await make_webhook(own.admin, receiver.url)

    await make_task(other.admin, other.marker)
    await divided_jobs.drain(*SENDING)
    await make_task(own.admin, own.marker)
    await divided_jobs.drain(*SENDING)

    assert [data["title"] for _, data in receiver.told()] == [own.marker]


async def test_who_has_left_is_told_nothing_more(
    companies_without_webhooks: Companies, receiver: Receiver, divided_jobs: Jobs, hire: Hire
) -> None:
    own, _ = companies_without_webhooks
    manager = await hire(own, own.admin.user.role)
    webhook = await make_webhook(manager, receiver.url)
    path = f"/webhooks/{webhook['id']}/test"
    assert (await own.admin.post(path)).status_code == 202
    await divided_jobs.drain(*SENDING)
    assert (await own.admin.delete(f"/members/{manager.user.id}")).status_code == 204

    await make_task(own.admin)
    assert (await own.admin.post(path)).status_code == 409
    await divided_jobs.drain(*SENDING)

    assert [kind for kind, _ in receiver.told()] == ["webhook.test"]


async def called(app: httpx2.AsyncClient, person: Person, tool: str, **given: Any) -> str:
    """What a tool answers over MCP."""
    message = {
        **MESSAGE,
        "method": "tools/call",
        "params": {"name": tool, "arguments": given},
    }
    headers = PLAIN | {"Authorization": f"Bearer {person.token}"}
    answer = await app.post("/mcp", json=message, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


async def test_mcp_shows_the_organisation_of_the_key(
    companies: Companies, divided: Settings, divided_jobs: Jobs
) -> None:
    for company in companies:
        await divided_jobs.services.identity.organisations.furnish(company.scope.organisation_id)
    async with served_by(divided) as app:
        for company, stranger in (companies, companies[::-1]):
            program = await with_key(company.admin)
            found = await called(app, program, "find_customers")
            searched = await called(app, program, "search", text=stranger.marker)
            refused = await called(
                app, program, "read_customer", customer_id=str(stranger.ids["customers"])
            )

            assert company.marker in found
            assert stranger.marker not in found + refused
            assert str(stranger.ids["customers"]) not in searched
            assert '"isError":true' in refused


async def test_whoever_a_provider_vouches_for_begins_as_a_guest(
    companies: Companies, divided: Settings, issuer: Issuer, units: SqlUnitOfWorkFactory
) -> None:
    async with running_app(with_issuer(divided, issuer)) as app:
        signed_in = await Browser(app).sign_in()
        account = await account_of(app, signed_in)
        headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
        organisations = await app.get("/api/v1/organisations", headers=headers)
        tasks = await app.get("/api/v1/tasks", headers=headers)

    assert account["role"] == "guest"
    assert organisations.json()["items"] == []
    assert tasks.status_code == 403
    async with units.reading(SYSTEM) as reading:
        assert await reading.places.of(account["id"]) == []
