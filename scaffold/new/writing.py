"""Writes a resource into a project: its files, its registrations, its migration, the contract."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from scaffold.errors import RefusedError
from scaffold.formatting import formatted
from scaffold.new.own_files import own_files
from scaffold.new.registration import registrations
from scaffold.new.rendering import Rendering
from scaffold.tree import Tree

Complete = Callable[[str, Path], str]
"""Changes the text of a migration, beside the others in this folder."""

_MARKS = re.compile(r"^    # ### .*\n", re.MULTILINE)
_NEW_TABLE = re.compile(r'op\.create_table\(\n\s+"(\w+)"')
_DROPPED_INDEX = (
    r'^    op\.drop_index\((?:[^()]|\([^()]*\))*table_name="{}"(?:[^()]|\([^()]*\))*\)\n'
)
_RANGE = "CREATE TYPE uuidrange AS RANGE (subtype = uuid)"


def plan(tree: Tree, rendering: Rendering) -> None:
    """Make all changes of files in memory. Raises RefusedError."""
    for path, template in own_files(rendering.resource):
        tree.create(path, rendering.render(f"resource/{template}.jinja"))
    for path, edit in registrations(rendering):
        tree.edit(path, edit)
    tree.format()


def apply(tree: Tree, message: str, complete: Complete | None = None) -> list[str]:
    """Write the changes, a migration and openapi.json. Returns the paths of all of them.

    Args:
        message: the change in a few words.
        complete: what else the migration needs. Without it there is none.

    Raises:
        RefusedError: a step failed; then nothing is changed.
    """
    take_back = tree.write()
    migrations = _migrations(tree.root)
    openapi = (tree.root / "openapi.json").read_bytes()
    try:
        if complete is not None:
            _migrate(tree.root, message)
        written = _migrations(tree.root) - migrations
        for path in written:
            text = {path.name: _whole(path, complete or as_it_is)}
            path.write_text(formatted(tree.root, text, ())[path.name], encoding="utf-8")
        _mvp(tree.root, "openapi", "--output", "openapi.json")
    except BaseException:
        for path in _migrations(tree.root) - migrations:
            path.unlink()
        (tree.root / "openapi.json").write_bytes(openapi)
        take_back()
        raise
    own = [str(path.relative_to(tree.root)) for path in written]
    return sorted([*tree.changed, *own, "openapi.json"])


def _migrations(root: Path) -> set[Path]:
    return set((root / "alembic/versions").glob("*.py"))


def _migrate(root: Path, message: str) -> None:
    """Autogenerate against a scratch server, whatever database the settings name."""
    with tempfile.TemporaryDirectory(prefix="mvp-new-") as folder:
        _mvp(root, "migrate", "revision", "-m", message, DATA_DIR=folder, DATABASE_URL=None)


def _mvp(root: Path, *arguments: str, **variables: str | None) -> None:
    environment = os.environ | {name: value for name, value in variables.items() if value}
    for name in [name for name, value in variables.items() if value is None]:
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "backend", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-3_000:]
        raise RefusedError(f"mvp {' '.join(arguments)} failed, so nothing was changed: {said}")


def _whole(path: Path, complete: Complete) -> str:
    """The migration without what Alembic says of itself, and indexes that a table takes along."""
    text = _MARKS.sub("", path.read_text(encoding="utf-8"))
    for table in _NEW_TABLE.findall(text):
        text = re.sub(_DROPPED_INDEX.format(table), "", text, flags=re.MULTILINE)
    return complete(text, path.parent)


def with_ranges(text: str, versions: Path) -> str:
    """Add the type of ranges of ids, which PostgreSQL lacks, where no other migration has it."""
    if any(_RANGE in each.read_text(encoding="utf-8") for each in versions.glob("*.py")):
        return text
    functions = f'FUNCTIONS = ("{_RANGE}",)\n"""What Alembic does not see."""\n\n\n'
    run = "    for function in FUNCTIONS:\n        op.execute(function)\n"
    upgrade = "def upgrade() -> None:\n"
    text = text.replace(f"\n{upgrade}", f"{functions}{upgrade}{run}", 1)
    return text.rstrip("\n") + '\n    op.execute("DROP TYPE uuidrange")\n'


def with_default(table: str, column: str, value: str) -> Complete:
    """Give rows that are there a value of a column that may not be NULL."""

    def complete(text: str, _versions: Path) -> str:
        added = re.compile(
            rf'(op\.add_column\(\s*"{table}",\s*sa\.Column\(\s*"{column}".*?nullable=False)'
            r"(,?\s*\),?\s*\)\n)",
            re.DOTALL,
        )
        default = f', server_default="{value}"'
        reset = f'    op.alter_column("{table}", "{column}", server_default=None)\n'
        return added.sub(lambda found: f"{found[1]}{default}{found[2]}{reset}", text, count=1)

    return complete


def as_it_is(text: str, _versions: Path) -> str:
    return text
