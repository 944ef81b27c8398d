"""Reads cost the same few statements, however many rows there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from backend.models.events import SubjectKind
from backend.models.mixins import now
from backend.models.sessions import UserSession
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.recording import created
from tests.factories import (
    make_customer,
    make_file,
    make_lead,
    make_module,
    make_product,
    make_task,
    make_user,
)
from tests.fixtures.people import Person
from tests.integration.test_access import ROUTES

READS = sorted({path for method, path, _ in ROUTES if method == "GET" and "/api/" in path})
# Two, for identity and for the answer, but where another is written down here.
STATEMENTS = {
    # The counts of all customers of the page.
    "/api/v1/customers": 3,
    # Whether there is such a customer.
    "/api/v1/customers/{customer_id}/timeline": 3,
    # The products of all leads of the page.
    "/api/v1/leads": 3,
    "/api/v1/leads/{lead_id}": 3,
}
# Its file has no content here.
WITHOUT_CONTENT = {"/api/v1/files/{file_id}/content"}


@contextmanager
def sent_statements() -> Iterator[list[str]]:
    """What any engine of this process sends to the database."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


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
    modules = [make_module(owner_id=admin.user.id) for _ in range(count)]
    files = [make_file(owner_id=admin.user.id, customer_id=customer.id) for customer in customers]
    soon = now() + timedelta(days=1)
    sessions = [
        UserSession(user_id=admin.user.id, device=None, address=None, expires_at=soon)
        for _ in range(count)
    ]
    async with uow() as unit:
        await unit.users.add_missing(users)
        await unit.customers.add_missing(customers)
        await unit.products.add_missing(products)
        await unit.leads.add_missing(leads)
        await unit.modules.add_missing(modules)
        await unit.tasks.add_missing(tasks)
        await unit.files.add_missing(files)
        await unit.sessions.add_missing(sessions)
        for user in users:
            unit.record(created(SubjectKind.USER, user, None))
        await unit.commit()
    ids = {
        "user_id": users[0].id,
        "customer_id": customers[0].id,
        "lead_id": leads[0].id,
        "product_id": products[0].id,
        "task_id": tasks[0].id,
        "module_id": modules[0].id,
        "file_id": files[0].id,
    }
    return {name: str(value) for name, value in ids.items()}


@pytest.mark.parametrize("count", [1, 200])
@pytest.mark.parametrize("path", [path for path in READS if path not in WITHOUT_CONTENT])
async def test_a_read_takes_a_fixed_number_of_statements(
    admin: Person, uow: UnitOfWorkFactory, path: str, count: int
) -> None:
    ids = await fill(uow, admin, count)
    parameters: dict[str, str] = {}
    if path.endswith("/search"):
        parameters = {"q": "customer"}
    elif path.endswith("/timeline") or not ("{" in path or path.endswith("/me")):
        parameters = {"limit": "200"}

    with sent_statements() as statements:
        answer = await admin.get(path.format(**ids).removeprefix("/api/v1"), params=parameters)

    assert answer.status_code == 200
    if "limit" in parameters:
        assert len(answer.json()["items"]) >= count
    assert len(statements) == STATEMENTS.get(path, 2), "\n".join(statements)
    assert "JOIN sessions" in statements[0]
