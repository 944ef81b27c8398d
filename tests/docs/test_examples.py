"""The marked examples of README.md and of the docs run as they stand."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.docs.conftest import clone_environment, interrupt, run_examples
from tests.fixtures.documentation import Page, pages
from tests.fixtures.processes import ROOT, Server
from tests.ids import short_id

README = Page(ROOT / "README.md")
FIRST_PAGE = Page(ROOT / "docs" / "use" / "README.md")
WITH_EXAMPLES = [page for page in pages() if page.examples() and page != README]


def test_the_first_steps_run_in_a_fresh_clone(
    clone: Path, started: Callable[[Path, str], Server]
) -> None:
    start, *examples = README.examples()
    assert start.mark == "start"
    command, *others = re.findall(r"^(\w+ [\w-]+)", start.text, re.MULTILINE)

    server = started(clone, command)
    run_examples(README, examples, server, clone)
    interrupt(server)

    assert (clone / ".data" / "postgres").is_dir()
    with pytest.raises(httpx2.TransportError):
        server.get("/health/live")
    assert others == ["make test"]
    assert "pytest" in dry_run(clone, others[0])


def dry_run(clone: Path, command: str) -> str:
    """What a command of make would run."""
    done = subprocess.run(
        [*command.split(), "--dry-run"],
        check=True,
        capture_output=True,
        cwd=clone,
        env=clone_environment(clone),
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=short_id)
def test_the_examples_of_a_page_run(page: Page, seeded_server: Server, tmp_path: Path) -> None:
    signed_in = [] if page == FIRST_PAGE else FIRST_PAGE.examples()

    run_examples(page, signed_in + page.examples(), seeded_server, tmp_path)
