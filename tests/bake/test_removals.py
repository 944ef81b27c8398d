"""What is taken out leaves a project that passes its checks, and so does a new name."""

from pathlib import Path

import httpx2
import pytest

from tests.bake.clones import Clone, clone
from tests.fixtures.processes import starting_servers

WALKS = (
    "tests/integration/api/test_access.py",
    "tests/integration/api/test_openapi_examples.py",
    "tests/integration/cli/test_migrate_commands.py",
    "tests/integration/cli/test_seed_commands.py",
    "tests/integration/platform/test_migrations.py",
    "tests/unit/scaffold/test_declarations.py",
    "tests/unit/test_container.py",
    "tests/unit/test_documentation.py",
)
"""Every route with every role, the examples, the seeds, and migrations up and down."""


@pytest.fixture
def project(tmp_path: Path) -> Clone:
    return clone(tmp_path / "project")


def check(project: Clone, folder: Path) -> None:
    project.lint()
    with starting_servers(folder) as start:
        server = start(program=(project.program("mvp"),), DATA_DIR=str(project.data))
        assert httpx2.get(f"{server.url}/health/ready").status_code == 200
    project.pytest(*(each for each in WALKS if (project.root / each).exists()))


@pytest.mark.parametrize(
    "what",
    [("resource", "leads"), ("area", "workflows")],
    ids=" ".join,
)
def test_one_thing_is_removed(project: Clone, tmp_path: Path, what: tuple[str, ...]) -> None:
    printed = project.mvp("remove", *what, "--yes")

    assert "Reaches in from elsewhere" in printed
    check(project, tmp_path)


def test_what_is_not_committed_is_not_mixed_with_a_removal(project: Clone) -> None:
    (project.root / "NOTES.md").write_text("mine")

    with pytest.raises(AssertionError, match="not committed"):
        project.mvp("remove", "resource", "leads", "--yes")

    assert (project.root / "backend/models/sales/leads.py").exists()


def test_a_project_is_begun_under_a_name_of_its_own(project: Clone, tmp_path: Path) -> None:
    project.mvp("init", "--name", "Acme CRM", "--author", "Acme", "--without", "", "--no-checks")

    assert "Acme CRM" in (project.root / "openapi.json").read_text()
    assert len([*(project.root / "alembic/versions").glob("*.py")]) == 1
    check(project, tmp_path)
    project.commit("Begin")
    with pytest.raises(AssertionError, match="initialised already"):
        project.mvp("init", "--name", "Other", "--without", "")
