"""What `mvp init` does, step by step."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from backend.core.migrations import head_revisions, older_revisions, require_joined
from scaffold.declarations import Area
from scaffold.errors import RefusedError
from scaffold.init.naming import Names, rename, set_author, set_description
from scaffold.remove.checkers import formatted
from scaffold.remove.dead import Dead
from scaffold.remove.fixed_point import Tree, cut_all
from scaffold.remove.orphans import mentions
from scaffold.remove.packages import drop_packages, locked_anew
from scaffold.remove.removing import (
    remove,
    run_python,
    tracked_files,
    write_comparison,
    write_contract,
    write_migration,
)
from scaffold.remove.reporting import print_removed
from scaffold.remove.subject import CODE, of_area
from scaffold.remove.words import Words

_MARK = "[tool.mvp]\n"
_REPLACED = "REPLACED_REVISIONS = frozenset(\n    {\n"

_PAGE = Path("docs/develop/migrations.md")
_FIRST = re.compile(
    r"^The first \w+ files make the initial schema.*?(?=Once a release)", re.MULTILINE
)
_BEFORE = "## A database from before the squash\n\n"
_REMEDY = """\
`mvp init` has replaced the migrations that were there by one, at the revision of the newest of \
them. At an older one, `mvp` says "The database is at revision ..., from before the migrations \
were squashed", and changes nothing. Begin with an empty database; the embedded one is the folder \
`DATA_DIR` (`.data`).
"""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Start:
    names: Names
    author: str | None
    description: str | None
    without: tuple[Area, ...]


def refuse_twice(root: Path) -> None:
    """Raises RefusedError if the project has been initialised."""
    if _MARK in (root / "pyproject.toml").read_text():
        raise RefusedError(
            "This project is initialised already: use `mvp remove` and `mvp new` from now on."
        )


def initialise(root: Path, start: Start, say: Say) -> None:
    """Raises RefusedError if something is left that has to be cut by hand."""
    require_joined()
    [head], older = head_revisions(), older_revisions()
    if start.without:
        subjects = [of_area(root, area) for area in start.without]
        removed = remove(root, subjects, [area.name for area in start.without], say)
        print_removed(removed)
        if removed.problems:
            raise RefusedError("The places above have to be cut by hand; then run it again.")
        write_migration(root, "Without what is removed")
        drop_packages(root, [each for area in start.without for each in area.packages])
    changed = rename(root, start.names, tracked_files(root))
    say(f"Naming the product {start.names.title} in {len(changed)} files")
    set_author(root, start.author, start.names.title, datetime.now(UTC).year)
    if start.description:
        set_description(root, start.description)
    _mark(root)
    locked_anew(root)
    say("Writing one fresh migration")
    run_python(root, "-m", "scaffold.init.initial", head)
    _cut_tests_of(root, older)
    _name_replaced(root, older)
    formatted(root)
    say("Writing openapi.json")
    write_contract(root)
    write_comparison(root)


def _mark(root: Path) -> None:
    path = root / "pyproject.toml"
    date = datetime.now(UTC).date().isoformat()
    mark = f'{_MARK}# By `mvp init`, which runs only once.\ninitialised = "{date}"\n\n'
    path.write_text(path.read_text().replace("[tool.uv]\n", f"{mark}[tool.uv]\n", 1))


def _name_replaced(root: Path, revisions: frozenset[str]) -> None:
    """Have a database that was made before told what to do."""
    path = root / "backend/core/migrations.py"
    lines = "".join(f'        "{each}",\n' for each in sorted(revisions))
    path.write_text(path.read_text().replace(_REPLACED, f"{_REPLACED}{lines}", 1))
    page = root / _PAGE
    text, _, _ = page.read_text().partition(_BEFORE)
    text = _FIRST.sub("The first file makes the initial schema, by the SQL beside it. ", text)
    page.write_text(f"{text}{_BEFORE}{_REMEDY}")


def _cut_tests_of(root: Path, revisions: frozenset[str]) -> None:
    """Cut the tests of migrations that are gone."""
    tree = Tree(root, CODE)
    before = mentions(tree.text(path) for path in tree.files())
    cut_all(tree, Dead(), Words(texts=revisions), before)


def run_checks(root: Path) -> None:
    """Raises RefusedError if the checks fail."""
    for target in ("lint", "test"):
        command = ["make", target]
        if subprocess.run(command, cwd=root, check=False).returncode:
            raise RefusedError(f"make {target} fails: see above.")
