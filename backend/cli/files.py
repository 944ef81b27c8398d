"""`mvp files`: the contents of files that no row refers to."""

from datetime import timedelta
from typing import Annotated

import typer

from backend.cli.runtime import error_console, running_database, with_units_of_work
from backend.wiring import files_services

app = typer.Typer(name="files", help="Manage stored files.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group of commands, even while it has one."""


@app.command()
def clean(
    older_than_hours: Annotated[
        int, typer.Option(min=1, help="Younger ones may belong to an upload in progress.")
    ] = 24,
) -> None:
    """Delete contents that broken uploads have left in the storage."""
    age = timedelta(hours=older_than_hours)
    with running_database() as settings:
        removed = with_units_of_work(
            settings, lambda uow: files_services(settings, uow).contents.remove_orphans(age)
        )
    error_console.print(f"{removed} removed.")
