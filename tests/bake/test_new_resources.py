"""Resources that `mvp new` writes pass the checks of a project, without a line written by hand."""

from pathlib import Path

import httpx2
import pytest

from tests.bake.clones import Clone, clone
from tests.fixtures.processes import starting_servers

PLAIN = (
    "rooms", "--area", "tasks", "name:line!", "capacity:int", "opened_on:date?", "notes:text",
    "--search", "name,notes", "--archivable",
)  # fmt: skip
REFERRING = (
    "bookings", "--area", "sales", "title:line", "code:sku!", "price:money", "is_paid:bool",
    "rate:decimal", "site:url?", "contact:email?", "level:enum(low,high)", "room:ref",
    "customer:ref?", "host:user", "--search", "title,code", "--csv", "--tool", "--timeline",
    "--action", "confirm",
)  # fmt: skip
SHARED = (
    "parcels", "--area", "sales", "label:line", "seen_at:datetime?", "weight:decimal", "pieces:int",
    "sent_on:date?", "customer:ref?", "price:money?", "keeper:user?", "status:enum(packed,sent)",
    "--sheets", "--csv", "--search", "label", "--action", "send",
)  # fmt: skip
EXCLUSIVE = (
    "appointments", "--area", "tasks", "title:line", "starts_at:datetime", "ends_at:datetime",
    "location:line?", "status:enum(planned,done,cancelled)", "customer:ref", "assignee:user?",
    "--action", "cancel", "--exclusive", "assignee:starts_at..ends_at",
)  # fmt: skip
GROWTH = (
    ("field", "rooms", "floor:enum(low,high,closed)"),
    ("field", "rooms", "keeper:user?"),
    ("field", "parcels", "is_fragile:bool"),
    ("action", "rooms", "close"),
    ("action", "appointments", "confirm"),
    ("event", "bookings", "updated"),
    ("tool", "rooms"),
)
RESOURCES = (PLAIN, REFERRING, SHARED, EXCLUSIVE)
WALKS = (
    "tests/integration/api/test_access.py",
    "tests/integration/api/test_etags.py",
    "tests/integration/api/test_examples.py",
    "tests/integration/api/test_idempotency.py",
    "tests/integration/api/test_lists.py",
    "tests/integration/api/test_openapi_components.py",
    "tests/integration/api/test_openapi_examples.py",
    "tests/integration/cli/test_migrate_commands.py",
    "tests/integration/cli/test_seed_commands.py",
    "tests/integration/platform/test_migrations.py",
    "tests/integration/platform/test_query_count.py",
    "tests/integration/platform/test_query_plans.py",
    "tests/unit/notifications/test_subscriptions.py",
    "tests/unit/test_container.py",
    "tests/unit/test_documentation.py",
    "tests/unit/test_new_resource.py",
    "tests/unit/test_permissions.py",
    "tests/unit/test_shared_tables.py",
)
"""What walks over all resources, or over the shared tables."""


@pytest.fixture(scope="module")
def baked(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    made = clone(tmp_path_factory.mktemp("baked") / "project")
    for resource in RESOURCES:
        made.mvp("new", "resource", *resource)
    for more in GROWTH:
        made.mvp("new", *more)
    return made


def test_lint_passes(baked: Clone) -> None:
    baked.lint()


def test_the_tests_of_the_resources_and_those_of_all_pass(baked: Clone) -> None:
    own = [f"tests/integration/{each[2]}/test_{each[0]}.py" for each in RESOURCES]

    baked.pytest(*own, *WALKS)


def test_it_starts_and_is_ready(baked: Clone, tmp_path: Path) -> None:
    with starting_servers(tmp_path) as start:
        server = start(program=(baked.program("mvp"),), DATA_DIR=str(baked.data))

        ready = httpx2.get(f"{server.url}/health/ready")

    assert ready.status_code == 200
