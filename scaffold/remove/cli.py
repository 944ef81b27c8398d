"""`mvp remove`: takes resources and areas out of the project."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from backend.cli.runtime import error_console
from scaffold.declarations import chosen, owners_of, read_areas
from scaffold.errors import RefusedError
from scaffold.remove.packages import drop_packages, locked_anew
from scaffold.remove.removing import (
    check_clean,
    remove,
    write_comparison,
    write_contract,
    write_migration,
)
from scaffold.remove.reporting import print_removed
from scaffold.remove.subject import Subject, of_area, of_resource

app = typer.Typer(name="remove", help="Take a resource or an area out.", no_args_is_help=True)
ROOT = Path(__file__).parents[2]

Names = Annotated[list[str], typer.Argument(help="One or more.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only name the own files.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.callback()
def _all() -> None:
    """Take a resource or an area out of the project."""


@app.command()
def resource(names: Names, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Remove resources: their files, all that uses them, their tables."""
    names = list(dict.fromkeys(names))
    owners = owners_of(read_areas(ROOT), names)
    subjects = [of_resource(ROOT, *each) for each in zip(owners, names, strict=True)]
    _remove(subjects, [], [], dry_run=dry_run, yes=yes)


@app.command()
def area(names: Names, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Remove areas: their packages, all that uses them, their tables."""
    going = chosen(read_areas(ROOT), names)
    subjects = [of_area(ROOT, each) for each in going]
    packages = [name for each in going for name in each.packages]
    _remove(subjects, [each.name for each in going], packages, dry_run=dry_run, yes=yes)


def _remove(
    subjects: Sequence[Subject],
    areas: list[str],
    packages: list[str],
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    check_clean(ROOT)
    for subject in subjects:
        for path in subject.files:
            error_console.print(f"delete {path}", highlight=False)
    if dry_run:
        return
    names = ", ".join(each.name for each in subjects)
    if not yes and not typer.confirm(f"Remove {names}, and cut what uses it?", err=True):
        raise typer.Exit(1)
    removed = remove(ROOT, subjects, areas, lambda text: error_console.print(f"{text} …"))
    print_removed(removed)
    if removed.problems:
        raise RefusedError(
            "The places above have to be cut by hand; then run `mvp migrate revision` and "
            "`make openapi`. `git checkout .` and `git clean -fd` take everything back."
        )
    migration = write_migration(ROOT, f"Remove {names}")
    write_contract(ROOT)
    write_comparison(ROOT)
    error_console.print(f"Written: {migration or 'no migration'}, openapi.json.")
    if packages:
        drop_packages(ROOT, packages)
        locked_anew(ROOT)
        error_console.print(f"Without {', '.join(packages)}: pyproject.toml, uv.lock.")
    error_console.print("Read `git diff`, then run `make lint test`.")
