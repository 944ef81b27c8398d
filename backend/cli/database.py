"""`mvp db`: a shell of the database."""

import os
import shutil
import subprocess

import typer

from backend.cli.runtime import running_database
from backend.core.config import ConfigurationError
from backend.core.database import as_libpq_reads, database_url, owner_url
from backend.core.embedded_binaries import postgres_binary

app = typer.Typer(name="db", help="Inspect the database.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group of commands, even while it has one."""


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def shell(context: typer.Context) -> None:
    """Open psql on the configured or embedded database; further arguments go to psql.

    With ORGANISATIONS=many, as the owner of the tables if DATABASE_OWNER_URL is set.
    """
    embedded = postgres_binary("psql")
    psql = shutil.which("psql") or (str(embedded) if embedded else None)
    if psql is None:
        raise ConfigurationError("psql is not installed; install PostgreSQL's client programs")
    with running_database(as_it_is=True) as settings:
        environment, url = _without_password(owner_url(settings.database))
        done = subprocess.run([psql, url, *context.args], env=environment, check=False)
    raise typer.Exit(done.returncode)


def _without_password(url: str) -> tuple[dict[str, str], str]:
    """Move the password into the environment: everybody can read the arguments of a process."""
    parsed = database_url(url)
    environment = dict(os.environ)
    if parsed.password:
        environment["PGPASSWORD"] = str(parsed.password)
    return environment, as_libpq_reads(parsed.set(password=None))
