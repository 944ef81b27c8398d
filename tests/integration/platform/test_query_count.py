"""Reads cost the same few statements, however many rows there are."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.core.permissions import SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.identity.sessions import UserSession
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWork, UnitOfWorkFactory
from backend.services.platform.change_events import created
from tests.factories import (
    make_action,
    make_api_key,
    make_identity,
    make_message,
    make_notification,
    make_passkey,
    make_prompt_version,
    make_step,
    make_webhook_message,
    make_workflow_version,
)
from tests.fixtures.people import Person
from tests.fixtures.statements import sent_statements
from tests.integration.api.test_access import ENDLESS, accesses
from tests.world import EXAMPLES

# One, as who asks is known already, but where another is written down here.
STATEMENTS = {
    # How many recovery codes are left.
    "/api/v1/auth/second-factor": 2,
    # What is kept apart of events about people.
    "/api/v1/audit": 2,
    # The counts of all customers of the page.
    "/api/v1/customers": 2,
    # Whether there is such a customer.
    "/api/v1/customers/{customer_id}/timeline": 2,
    # How many are unread.
    "/api/v1/notifications": 2,
    # Whether it is the caller's own.
    "/api/v1/executions/{execution_id}/steps": 2,
    # Whether there is such a workflow.
    "/api/v1/workflows/{workflow_id}/versions": 2,
    "/api/v1/chats/{chat_id}/messages": 2,
    "/api/v1/chats/{chat_id}/messages/{message_id}": 2,
    # The products of all leads of the page.
    "/api/v1/leads": 2,
    "/api/v1/leads/{lead_id}": 2,
    # Whether there is such a webhook.
    "/api/v1/webhooks/{webhook_id}/deliveries": 2,
    # Whether there is such a prompt.
    "/api/v1/prompts/{prompt_id}/versions": 2,
}
# Its file has no content here, nor the webhook a secret that can be opened.
WITHOUT_CONTENT = {"/api/v1/files/{file_id}/content", "/api/v1/webhooks/{webhook_id}/secret"}


def reads() -> list[str]:
    """What anybody may read comes from the settings."""
    return sorted(
        path
        for method, path, access in accesses()
        if method == "GET" and "/api/" in path and access != "public"
    )


async def fill(uow: UnitOfWorkFactory, admin: Person, count: int) -> dict[str, str]:
    """Add rows of every kind; answers an id for each parameter of a path."""
    rows = {each.path: each.several(count, admin.user) for each in EXAMPLES}
    customers, products = rows["customers"], rows["products"]
    for task, user in zip(rows["tasks"], rows["users"], strict=True):
        task.assignee_id = user.id
    for task, customer in zip(rows["tasks"], customers, strict=True):
        task.customer_id = customer.id
    for lead in rows["leads"]:
        lead.customer_id = customers[0].id
        lead.set_products([products[0].id])
    for file in rows["files"]:
        file.customer_id = customers[0].id
    ids = {each.id_name: rows[each.path][0].id for each in EXAMPLES} | {"number": 1}
    async with uow(SYSTEM) as unit:
        for each in EXAMPLES:
            await getattr(unit, each.repository).add_missing(rows[each.path])
        ids |= await add_parts_of_chats(unit, admin, rows, count)
        ids |= await add_deliveries(unit, rows["webhooks"][0].id, count)
        await add_versions(unit, admin, rows, count)
        await add_parts(unit, admin, rows, count)
        for user in rows["users"]:
            unit.record(created(SubjectKind.USER, user, None))
        jobs = [await unit.defer(JobRequest("work", Queue.EVENTS)) for _ in range(count)]
        await unit.commit()
    return {name: str(value) for name, value in {**ids, "job_id": jobs[0]}.items()}


async def add_parts(
    unit: UnitOfWork, admin: Person, rows: dict[str, list[Any]], count: int
) -> None:
    """Rows that belong to the first of each kind, or to a person."""
    numbers = range(count)
    execution = rows["executions"][0]
    await unit.notifications.add_missing(
        [make_notification(user_id=admin.user.id) for _ in numbers]
    )
    await unit.execution_steps.add_missing([make_step(execution_id=execution.id) for _ in numbers])
    await unit.api_keys.add_missing([make_api_key(user_id=admin.user.id) for _ in numbers])
    await unit.passkeys.add_missing([make_passkey(user_id=admin.user.id) for _ in numbers])
    await unit.linked_identities.add_missing(
        [make_identity(user_id=admin.user.id) for _ in numbers]
    )
    soon = now() + timedelta(days=1)
    await unit.sessions.add_missing(
        [
            UserSession(
                user_id=admin.user.id,
                device=None,
                address=None,
                expires_at=soon,
                impersonator_id=admin.user.id,
                reason="A reason",
            )
            for _ in numbers
        ]
    )


async def add_parts_of_chats(
    unit: UnitOfWork, admin: Person, rows: dict[str, list[Any]], count: int
) -> dict[str, UUID]:
    """Answers the ids in paths."""
    messages = [make_message(chat_id=rows["chats"][0].id) for _ in range(count)]
    actions = [make_action(owner_id=admin.user.id) for _ in range(count)]
    await unit.chat_messages.add_missing(messages)
    await unit.planned_actions.add_missing(actions)
    return {"message_id": messages[0].id, "action_id": actions[0].id}


async def add_deliveries(unit: UnitOfWork, webhook_id: UUID, count: int) -> dict[str, UUID]:
    """Answers the ids in paths."""
    messages = [make_webhook_message() for _ in range(count)]
    for message in messages:
        await unit.webhook_deliveries.announce(message, [webhook_id], timedelta(days=1))
    delivery = await unit.webhook_deliveries.of_message(webhook_id, messages[0].id)
    return {"delivery_id": delivery.id}


async def add_versions(
    unit: UnitOfWork, admin: Person, rows: dict[str, list[Any]], count: int
) -> None:
    numbers = range(1, count + 1)
    prompt = rows["prompts"][0]
    await unit.prompt_versions.add_missing(
        [make_prompt_version(prompt_id=prompt.id, number=number) for number in numbers]
    )
    workflow = rows["workflows"][0]
    await unit.workflow_versions.add_missing(
        [
            make_workflow_version(workflow, number=number, created_by=admin.user.id)
            for number in numbers
        ]
    )


@pytest.mark.parametrize("count", [1, 50])
async def test_reads_take_a_fixed_number_of_statements(
    admin: Person, uow: UnitOfWorkFactory, subtests: pytest.Subtests, count: int
) -> None:
    ids = await fill(uow, admin, count)
    await admin.get("/users/me")

    for path in reads():
        if path in WITHOUT_CONTENT | ENDLESS:
            continue
        with subtests.test(path=path):
            parameters = parameters_of(path)
            with sent_statements() as statements:
                answer = await admin.get(
                    path.format(**ids).removeprefix("/api/v1"), params=parameters
                )

            assert answer.status_code == 200
            if "limit" in parameters:
                assert len(answer.json()["items"]) >= count
            sent = "\n".join(statement.text for statement in statements)
            assert len(statements) == STATEMENTS.get(path, 1), sent


def parameters_of(path: str) -> dict[str, str]:
    """What a read is asked for: as much as there is."""
    if path.endswith("/search"):
        return {"q": "customer"}
    if path.endswith("/timeline"):
        return {"limit": "200"}
    if "{" in path or path.endswith(("/me", "/preferences", "/usage", "/second-factor")):
        return {}
    return {"limit": "200"}


async def test_who_asks_is_looked_up_once(admin: Person) -> None:
    with sent_statements() as statements:
        for _ in range(3):
            await admin.get("/users/me")

    assert ["JOIN sessions" in statement.text for statement in statements] == [True, *[False] * 3]
