"""`mvp`: the command line."""

import sys

import typer
from alembic.util import CommandError
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError

from backend.cli import database, files, info, jobs, migrate, seed, serve, users, worker
from backend.cli.runtime import print_error
from backend.core.config import ConfigurationError
from backend.core.errors import DomainError

app = typer.Typer(
    name="mvp",
    help="Runs and looks after MVP Backend.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
app.command()(serve.serve)
app.command()(worker.worker)
app.add_typer(jobs.app)
app.add_typer(migrate.app)
app.add_typer(seed.app)
app.add_typer(users.app)
app.add_typer(files.app)
app.command()(info.openapi)
app.command()(info.config)
app.add_typer(database.app)


def main() -> None:
    """Run the command; what its caller can mend is told in a line each, without a trace."""
    try:
        app()
    except (ConfigurationError, DomainError, CommandError) as error:
        print_error(str(error))
        sys.exit(2)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        print_error(f"DATABASE_URL: its user may not do this: {error.orig.diag.message_primary}")
        sys.exit(2)
