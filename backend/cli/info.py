import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.table import Column, Table

from backend.cli.runtime import console
from backend.core.config import ConfigurationError, Environment, Settings
from backend.main import create_app

_UNUSED_URL = SecretStr("postgresql:///unused")


def openapi(
    output: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
) -> None:
    """Print the OpenAPI document. Needs neither database nor secrets."""
    settings = Settings.load()
    unused = {
        "general": settings.general.model_copy(update={"environment": Environment.DEVELOPMENT}),
        "database": settings.database.model_copy(update={"url": _UNUSED_URL}),
    }
    document = create_app(settings.model_copy(update=unused)).openapi()
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        try:
            output.write_text(text)
        except OSError as error:
            raise ConfigurationError(f"--output: can't write {output} ({error.strerror})") from None


def config() -> None:
    """Show the settings in effect, with secrets masked."""
    table = Table(Column("Variable", no_wrap=True), "Value", "Meaning")
    for variable, value, meaning in Settings.load().effective():
        table.add_row(variable, "" if value is None else str(value), meaning)
    console.print(table)
