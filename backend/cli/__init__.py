"""`mvp`: the command line."""

import sys

import psycopg
import typer
from sqlalchemy.exc import DBAPIError

from backend.cli.loading import CommandsOnDemand
from backend.cli.refusals import why_refused
from backend.cli.runtime import print_error
from backend.core.config import ConfigurationError
from backend.core.errors import DomainError
from backend.core.product import NAME

app = typer.Typer(
    name="mvp",
    cls=CommandsOnDemand,
    help=f"Run and manage {NAME}.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _all_commands() -> None:
    """A group whose commands are loaded on demand."""


def main() -> None:
    """Run the command; print errors that the user can fix as one line each, without a traceback."""
    try:
        app()
    except (ConfigurationError, DomainError) as error:
        print_error(str(error))
        sys.exit(2)
    except (psycopg.Error, DBAPIError) as error:
        told = why_refused(error)
        if told is None:
            raise
        print_error(told)
        sys.exit(2)
