"""Resources that `mvp new` writes, and what is tested of all."""

from pathlib import Path

import httpx2

from tests.bake.clones import Clone
from tests.fixtures.processes import starting_servers

PLAIN = (
    "rooms", "--area", "tasks", "name:line!", "capacity:int", "opened_on:date?", "notes:text",
    "--search", "name,notes", "--archivable", "--sheets",
)  # fmt: skip
REFERRING = (
    "visits", "--area", "tasks", "title:line", "room:ref", "guest:user?", "took:decimal",
    "paid:money?", "status:enum(planned,past)", "--search", "title", "--csv",
    "--action", "confirm",
)  # fmt: skip
EXCLUSIVE = (
    "shifts", "--area", "tasks", "title:line", "starts_at:datetime", "ends_at:datetime",
    "location:line?", "status:enum(planned,done,cancelled)", "assignee:user?",
    "--action", "cancel", "--exclusive", "assignee:starts_at..ends_at",
)  # fmt: skip
EVERYWHERE = (PLAIN, REFERRING, EXCLUSIVE)
"""They need nothing that can be removed."""

WALKS = (
    "tests/integration/api/test_access.py",
    "tests/integration/api/test_etags.py",
    "tests/integration/api/test_examples.py",
    "tests/integration/api/test_idempotency.py",
    "tests/integration/api/test_lists.py",
    "tests/integration/api/test_openapi_components.py",
    "tests/integration/api/test_openapi_examples.py",
    "tests/faults/test_migrate_commands.py",
    "tests/faults/test_migrations_back.py",
    "tests/integration/cli/test_seed_commands.py",
    "tests/integration/platform/test_migrations.py",
    "tests/integration/platform/test_query_count.py",
    "tests/integration/platform/test_query_plans.py",
    "tests/unit/notifications/test_subscriptions.py",
    "tests/unit/scaffold/test_declarations.py",
    "tests/unit/test_container.py",
    "tests/unit/test_documentation.py",
    "tests/unit/test_new_resource.py",
    "tests/unit/test_permissions.py",
    "tests/unit/test_shared_tables.py",
)
"""What walks over all resources, or over the shared tables."""


def own_tests(*resources: tuple[str, ...]) -> list[str]:
    return [f"tests/integration/{each[2]}/test_{each[0]}.py" for each in resources]


def walks(project: Clone) -> list[str]:
    """Those of `WALKS` that the project still has."""
    return [each for each in WALKS if (project.root / each).exists()]


def check_start(project: Clone, folder: Path) -> None:
    with starting_servers(folder) as start:
        server = start(program=(project.program("mvp"),), DATA_DIR=str(project.data))

        assert httpx2.get(f"{server.url}/health/ready").status_code == 200
