"""`mvp seed`: fills the database with defaults and example rows."""

from collections.abc import Sequence
from typing import Annotated

import typer

from backend.cli.runtime import error_console, running_database
from backend.cli.seeding import run_seeders_everywhere
from backend.core.config import ConfigurationError, Settings
from backend.seeds.runner import DEFAULTS, SEEDERS

app = typer.Typer(
    name="seed", help="Add missing defaults and development data.", no_args_is_help=True
)


@app.command("all")
def seed_all() -> None:
    """Run all seeders."""
    _seed(tuple(SEEDERS))


@app.command("defaults")
def seed_defaults() -> None:
    """Run those that production needs too."""
    _seed(tuple(DEFAULTS))


@app.command("one")
def seed_one(name: Annotated[str, typer.Argument(help="See `mvp seed list`.")]) -> None:
    """Run one seeder."""
    _seed((name,))


@app.command("list")
def list_seeders() -> None:
    """List the seeders in the order in which they run."""
    for name in SEEDERS:
        typer.echo(name)


def _seed(names: Sequence[str]) -> None:
    settings = Settings.load()
    if settings.is_production and not DEFAULTS.keys() >= set(names):
        raise ConfigurationError(
            f"ENVIRONMENT is production: only {', '.join(DEFAULTS) or 'none'} may run there, "
            "together by `mvp seed defaults`. Others add users whose password is known; "
            "create accounts with `mvp user create`"
        )
    with running_database() as ready:
        done = run_seeders_everywhere(ready, names)
    for name, added in done:
        error_console.print(f"{name}: {added} added")
