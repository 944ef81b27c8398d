"""Reads cost the same few statements, however many rows there are."""

from datetime import timedelta
from uuid import UUID

import pytest

from backend.models.identity.sessions import UserSession
from backend.models.platform.domain_events import SubjectKind
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWork, UnitOfWorkFactory
from backend.services.platform.change_events import created
from tests.factories import (
    make_action,
    make_chat,
    make_customer,
    make_execution,
    make_file,
    make_invitation,
    make_lead,
    make_message,
    make_model_config,
    make_module,
    make_notification,
    make_output_schema,
    make_product,
    make_prompt,
    make_prompt_version,
    make_step,
    make_task,
    make_tool,
    make_user,
    make_workflow,
    make_workflow_version,
)
from tests.fixtures.people import Person
from tests.fixtures.statements import sent_statements
from tests.integration.api.test_access import ENDLESS, ROUTES

READS = sorted({path for method, path, _ in ROUTES if method == "GET" and "/api/" in path})
# One, as who asks is known already, but where another is written down here.
STATEMENTS = {
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
    # Whether there is such a prompt.
    "/api/v1/prompts/{prompt_id}/versions": 2,
}
# Its file has no content here.
WITHOUT_CONTENT = {"/api/v1/files/{file_id}/content"}


async def add_workflows(unit: UnitOfWork, author: Person, count: int) -> UUID:
    """Answers the id of one that has as many versions."""
    workflows = [make_workflow() for _ in range(count)]
    versions = [
        make_workflow_version(workflows[0], number=number + 1, created_by=author.user.id)
        for number in range(count)
    ]
    await unit.workflows.add_missing(workflows)
    await unit.workflow_versions.add_missing(versions)
    return workflows[0].id


async def fill(uow: UnitOfWorkFactory, admin: Person, count: int) -> dict[str, str]:
    """Add rows of every kind; answers an id for each parameter of a path."""
    users = [make_user() for _ in range(count)]
    customers = [make_customer(owner_id=admin.user.id) for _ in range(count)]
    tasks = [
        make_task(assignee_id=user.id, customer_id=customer.id)
        for user, customer in zip(users, customers, strict=True)
    ]
    products = [make_product() for _ in range(count)]
    leads = [make_lead(owner_id=admin.user.id, customer_id=customers[0].id) for _ in products]
    for lead in leads:
        lead.set_products([products[0].id])
    invitations = [make_invitation(invited_by=admin.user.id) for _ in range(count)]
    modules = [make_module(owner_id=admin.user.id) for _ in range(count)]
    files = [make_file(owner_id=admin.user.id, customer_id=customer.id) for customer in customers]
    executions = [make_execution(owner_id=admin.user.id) for _ in range(count)]
    steps = [make_step(execution_id=executions[0].id) for _ in range(count)]
    configs = [make_model_config() for _ in range(count)]
    tools = [make_tool() for _ in range(count)]
    chats = [make_chat(owner_id=admin.user.id) for _ in range(count)]
    messages = [make_message(chat_id=chats[0].id) for _ in range(count)]
    actions = [make_action(owner_id=admin.user.id) for _ in range(count)]
    prompts = [make_prompt() for _ in range(count)]
    versions = [
        make_prompt_version(prompt_id=prompts[0].id, number=number + 1) for number in range(count)
    ]
    schemas = [make_output_schema() for _ in range(count)]
    soon = now() + timedelta(days=1)
    sessions = [
        UserSession(user_id=admin.user.id, device=None, address=None, expires_at=soon)
        for _ in range(count)
    ]
    async with uow() as unit:
        await unit.users.add_missing(users)
        await unit.invitations.add_missing(invitations)
        await unit.customers.add_missing(customers)
        await unit.products.add_missing(products)
        await unit.leads.add_missing(leads)
        await unit.modules.add_missing(modules)
        await unit.tasks.add_missing(tasks)
        await unit.files.add_missing(files)
        await unit.executions.add_missing(executions)
        await unit.notifications.add_missing(
            [make_notification(user_id=admin.user.id) for _ in range(count)]
        )
        await unit.execution_steps.add_missing(steps)
        await unit.model_configs.add_missing(configs)
        await unit.tools.add_missing(tools)
        workflow_id = await add_workflows(unit, admin, count)
        await unit.chats.add_missing(chats)
        await unit.chat_messages.add_missing(messages)
        await unit.agent_actions.add_missing(actions)
        await unit.prompts.add_missing(prompts)
        await unit.prompt_versions.add_missing(versions)
        await unit.output_schemas.add_missing(schemas)
        await unit.sessions.add_missing(sessions)
        for user in users:
            unit.record(created(SubjectKind.USER, user, None))
        job_ids = [await unit.defer(JobRequest("work", Queue.EVENTS)) for _ in range(count)]
        await unit.commit()
    ids = {
        "user_id": users[0].id,
        "invitation_id": invitations[0].id,
        "customer_id": customers[0].id,
        "lead_id": leads[0].id,
        "product_id": products[0].id,
        "task_id": tasks[0].id,
        "module_id": modules[0].id,
        "file_id": files[0].id,
        "execution_id": executions[0].id,
        "model_config_id": configs[0].id,
        "tool_id": tools[0].id,
        "workflow_id": workflow_id,
        "chat_id": chats[0].id,
        "message_id": messages[0].id,
        "action_id": actions[0].id,
        "prompt_id": prompts[0].id,
        "number": 1,
        "schema_id": schemas[0].id,
        "job_id": job_ids[0],
    }
    return {name: str(value) for name, value in ids.items()}


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize("path", [path for path in READS if path not in WITHOUT_CONTENT | ENDLESS])
async def test_a_read_takes_a_fixed_number_of_statements(
    admin: Person, uow: UnitOfWorkFactory, path: str, count: int
) -> None:
    ids = await fill(uow, admin, count)
    parameters: dict[str, str] = {}
    if path.endswith("/search"):
        parameters = {"q": "customer"}
    elif path.endswith("/timeline") or not (
        "{" in path or path.endswith(("/me", "/preferences", "/usage"))
    ):
        parameters = {"limit": "200"}

    await admin.get("/users/me")

    with sent_statements() as statements:
        answer = await admin.get(path.format(**ids).removeprefix("/api/v1"), params=parameters)

    assert answer.status_code == 200
    if "limit" in parameters:
        assert len(answer.json()["items"]) >= count
    assert len(statements) == STATEMENTS.get(path, 1), "\n".join(sent.text for sent in statements)


async def test_who_asks_is_looked_up_once(admin: Person) -> None:
    with sent_statements() as statements:
        for _ in range(3):
            await admin.get("/users/me")

    assert ["JOIN sessions" in statement.text for statement in statements] == [True, *[False] * 3]
