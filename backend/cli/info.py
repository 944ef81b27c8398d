"""`mvp openapi` and `mvp config`: what the program offers, and how it is set."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.table import Column, Table

from backend.cli.runtime import console
from backend.core.config import ConfigurationError, Environment, Settings, variable_name
from backend.core.garbage import without_collection

_UNUSED_URL = SecretStr("postgresql:///unused")

app = typer.Typer()


@app.command()
def openapi(
    output: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
) -> None:
    """Print the OpenAPI document. Needs neither database nor secrets."""
    settings = Settings.load()
    unused = {
        "general": settings.general.model_copy(update={"environment": Environment.DEVELOPMENT}),
        "database": settings.database.model_copy(update={"url": _UNUSED_URL}),
    }
    with without_collection():
        from backend.main import create_app  # noqa: PLC0415  # `config` needs none of it

        document = create_app(settings.model_copy(update=unused)).openapi()
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        try:
            output.write_text(text)
        except OSError as error:
            raise ConfigurationError(f"--output: can't write {output} ({error.strerror})") from None


@app.command()
def config() -> None:
    """Show the settings in effect, with secrets masked."""
    table = Table(Column("Variable", no_wrap=True), "Value", "Meaning")
    for variable, value, meaning in _effective(Settings.load()):
        table.add_row(variable, "" if value is None else str(value), meaning)
    console.print(table)


def _effective(settings: Settings) -> Iterator[tuple[str, object, str]]:
    """Yield each variable with its effective value and its meaning."""
    settled = {
        "REGISTRATION_ENABLED": settings.registration_enabled,
        "MIGRATE_ON_START": settings.migrate_on_start,
        "SEED_ON_START": settings.seed_on_start,
        "LOG_FORMAT": settings.log_format,
        "LOG_LEVEL": settings.log_level,
    }
    for name in Settings.model_fields:
        section = getattr(settings, name)
        for field, info in type(section).model_fields.items():
            variable = variable_name(type(section), field)
            value = settled.get(variable, getattr(section, field))
            yield variable, value, info.description or ""
