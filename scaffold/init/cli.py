"""`mvp init`: makes a fresh clone a project of its own."""

from pathlib import Path
from typing import Annotated

import typer

from backend.cli.runtime import error_console
from scaffold.declarations import chosen, read_areas
from scaffold.errors import RefusedError
from scaffold.init.naming import Names, present, renamed
from scaffold.init.starting import Start, initialise, refuse_twice, run_checks
from scaffold.remove.packages import uv_of
from scaffold.remove.removing import check_clean, tracked_files
from scaffold.remove.subject import of_area

app = typer.Typer()
ROOT = Path(__file__).parents[2]


@app.command()
def init(
    *,
    name: Annotated[str | None, typer.Option(help="Such as 'Acme CRM'.")] = None,
    author: Annotated[str | None, typer.Option(help="Who holds the copyright.")] = None,
    description: Annotated[str | None, typer.Option(help="One sentence.")] = None,
    without: Annotated[str | None, typer.Option(help="Areas, such as sales,assistant.")] = None,
    checks: Annotated[bool, typer.Option(help="Run make lint and make test at the end.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
) -> None:
    """Make a fresh clone your own: its name, its areas, one migration. Once, at the beginning."""
    refuse_twice(ROOT)
    check_clean(ROOT)
    areas = read_areas(ROOT)
    title = _asked(name, "What is the product called", present(ROOT).title)
    removable = ", ".join(each.name for each in areas.values() if each.is_removable)
    named = _asked(without, f"Which areas shall go ({removable}; empty: none)", "")
    gone = chosen(areas, [each.strip() for each in named.split(",") if each.strip()])
    start = Start(Names.of(title), author, description, tuple(gone))
    if dry_run:
        _print_plan(start)
        return
    uv_of(ROOT)
    initialise(ROOT, start, lambda text: error_console.print(f"{text} …", highlight=False))
    if checks:
        run_checks(ROOT)
    error_console.print("Read `git status` and `git diff`, then commit.")
    error_console.print("Begin with an empty database: one from before has what was taken out.")


def _asked(given: str | None, question: str, usual: str) -> str:
    if given is not None:
        return given
    if not error_console.is_terminal:
        if usual:
            raise RefusedError("--name: say what the product is called.")
        return usual
    answer: str = typer.prompt(question, default=usual, err=True)
    return answer


def _print_plan(start: Start) -> None:
    named = [name for name, _ in renamed(ROOT, start.names, tracked_files(ROOT))]
    error_console.print(
        f"The product is called {start.names.title}, its package {start.names.package}, "
        f"in {len(named)} files: {', '.join(named)}.",
        soft_wrap=True,
    )
    for area in start.without:
        subject = of_area(ROOT, area)
        error_console.print(f"Without {area.name}: {len(subject.files)} files of its own.")
    error_console.print("One fresh migration replaces those in alembic/versions/.")
