"""What is taken out leaves a project that passes its checks, and so does a new name."""

from pathlib import Path

import pytest

from tests.bake.clones import Clone, clone
from tests.bake.resources import EVERYWHERE, PLAIN, check_start, own_tests, walks

REWRITTEN = {"backend/services/exchange/exports.py"}
"""Black keeps on several lines what was longer."""
INIT = ("init", "--name", "Acme CRM", "--author", "Acme", "--no-checks", "--without")


@pytest.fixture
def project(tmp_path: Path) -> Clone:
    return clone(tmp_path / "project")


def grow(project: Clone) -> None:
    project.commit("Begin")
    for resource in EVERYWHERE:
        project.mvp("new", "resource", *resource)


@pytest.mark.parametrize(
    "what",
    [
        ("resource", "leads"),
        ("resource", "leads", "products"),
        ("area", "webhooks"),
        ("area", "workflows"),
        ("area", "assistant", "workflows"),
    ],
    ids=" ".join,
)
def test_what_is_left_passes_its_checks_and_grows(
    project: Clone, tmp_path: Path, what: tuple[str, ...]
) -> None:
    project.mvp("remove", *what, "--yes")
    grow(project)

    project.lint()
    check_start(project, tmp_path)
    project.pytest(*own_tests(*EVERYWHERE), *walks(project))


def test_what_is_left_of_all_passes_the_whole_suite(project: Clone, tmp_path: Path) -> None:
    project.mvp(*INIT, "assistant,workflows,sales")
    grow(project)

    project.lint()
    check_start(project, tmp_path)
    project.pytest()


def test_a_project_is_begun_under_a_name_of_its_own(project: Clone, tmp_path: Path) -> None:
    project.mvp(*INIT, "")

    assert "Acme CRM" in (project.root / "openapi.json").read_text()
    assert len([*(project.root / "alembic/versions").glob("*.py")]) == 1
    grow(project)
    project.lint()
    check_start(project, tmp_path)
    project.pytest(*own_tests(*EVERYWHERE), *walks(project))
    project.commit("Grow")
    with pytest.raises(AssertionError, match="initialised already"):
        project.mvp("init", "--name", "Other", "--without", "")


def test_what_was_written_is_taken_out_again(project: Clone) -> None:
    project.mvp("new", "resource", *PLAIN)
    project.commit("Add rooms")

    project.mvp("remove", "resource", "rooms", "--yes")

    project.lint()
    changed = project.run("git", "diff", "--name-only", "HEAD~1", "--", "backend").split()
    # What was recorded of rooms stays in the audit trail.
    assert set(changed) <= {"backend/core/permissions.py", *REWRITTEN}


def test_what_is_not_committed_is_not_mixed_with_a_removal(project: Clone) -> None:
    (project.root / "NOTES.md").write_text("mine")

    with pytest.raises(AssertionError, match="not committed"):
        project.mvp("remove", "resource", "leads", "--yes")

    assert (project.root / "backend/models/sales/leads.py").exists()
