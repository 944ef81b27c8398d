"""Writes a resource into a project: its files, its registrations, its migration, the contract."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from scaffold.errors import RefusedError
from scaffold.new.own_files import own_files
from scaffold.new.registration import registrations
from scaffold.new.rendering import Rendering
from scaffold.tree import Tree

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


def apply(tree: Tree, message: str, *, needs_ranges: bool = False) -> list[str]:
    """Write the changes, a migration and openapi.json. Returns the paths of all of them.

    Raises:
        RefusedError: a step failed; then nothing is changed.
    """
    take_back = tree.write()
    migrations = _migrations(tree.root)
    openapi = (tree.root / "openapi.json").read_bytes()
    try:
        _migrate(tree.root, message)
        [new] = _migrations(tree.root) - migrations
        _complete(new, needs_ranges=needs_ranges)
        _mvp(tree.root, "openapi", "--output", "openapi.json")
    except BaseException:
        for path in _migrations(tree.root) - migrations:
            path.unlink()
        (tree.root / "openapi.json").write_bytes(openapi)
        take_back()
        raise
    return sorted([*tree.changed, str(new.relative_to(tree.root)), "openapi.json"])


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


def _complete(path: Path, *, needs_ranges: bool) -> None:
    """Add the type of ranges of ids, which PostgreSQL lacks, where the first table needs it.

    And leave out what Alembic says of itself, and indexes that a dropped table takes along.
    """
    text = _MARKS.sub("", path.read_text(encoding="utf-8"))
    for table in _NEW_TABLE.findall(text):
        text = re.sub(_DROPPED_INDEX.format(table), "", text, flags=re.MULTILINE)
    path.write_text(text, "utf-8")
    others = (each for each in path.parent.glob("*.py") if each != path)
    if not needs_ranges or any(_RANGE in each.read_text(encoding="utf-8") for each in others):
        return
    functions = f'FUNCTIONS = ("{_RANGE}",)\n"""What Alembic does not see."""\n\n\n'
    run = "    for function in FUNCTIONS:\n        op.execute(function)\n"
    upgrade = "def upgrade() -> None:\n"
    text = text.replace(f"\n{upgrade}", f"{functions}{upgrade}{run}", 1)
    path.write_text(text.rstrip("\n") + '\n    op.execute("DROP TYPE uuidrange")\n', "utf-8")
