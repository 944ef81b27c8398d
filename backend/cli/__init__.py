"""`mvp`: the command line."""

import sys
from typing import NoReturn

import typer
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError

from backend.cli.loading import CommandsOnDemand
from backend.cli.runtime import print_error
from backend.core.config import ConfigurationError
from backend.core.errors import DomainError

app = typer.Typer(
    name="mvp",
    cls=CommandsOnDemand,
    help="Runs and looks after MVP Backend.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _all_commands() -> None:
    """A group, whose commands Typer does not know before they are loaded."""


def main() -> None:
    """Run the command; what its caller can mend is told in a line each, without a trace."""
    try:
        app()
    except (ConfigurationError, DomainError) as error:
        print_error(str(error))
        sys.exit(2)
    except InsufficientPrivilege as error:
        _refuse(error)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        _refuse(error.orig)


def _refuse(error: InsufficientPrivilege) -> NoReturn:
    print_error(f"DATABASE_URL: its user may not do this: {error.diag.message_primary}")
    sys.exit(2)
