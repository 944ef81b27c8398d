"""The command: `uv run python -m evaluations`. See docs/develop/evaluations.md."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic_evals.reporting import EvaluationReport
from rich.console import Console

from backend.cli.migrating import migrate
from backend.cli.runtime import database_of
from backend.core.config import Environment, ModelProvider, Settings
from backend.core.database import Database
from backend.core.logging import configure_logging
from backend.core.permissions import Means
from backend.integrations.files.storage import open_storage
from backend.process_state import process_state
from backend.wiring import units_of_work, wire
from evaluations.agent import asking, prepare
from evaluations.cases import cases
from evaluations.suite import evaluate, faults, pass_rate

_LEAST = 0.8


def main(
    provider: Annotated[
        ModelProvider, typer.Option(help="Its key comes from the settings.")
    ] = ModelProvider.OFFLINE,
    model: Annotated[
        str | None, typer.Option(help="Its name at that provider, such as gpt-5-mini.")
    ] = None,
    least: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="The share that must pass: 1 offline, else 0.8."),
    ] = None,
) -> None:
    """Ask the agent a number of things, and hold what it does against what is expected."""
    is_offline = provider is ModelProvider.OFFLINE
    if model is None and not is_offline:
        raise typer.BadParameter(f"name one of {provider}, such as --model gpt-5-mini")
    with tempfile.TemporaryDirectory(prefix="mvp-evaluations-") as folder:
        settings = _settings(Path(folder), {"provider": provider, "name": model or provider.value})
        configure_logging(settings)
        with database_of(settings) as ready:
            migrate(ready)
            report = asyncio.run(_evaluate(ready))
    demanded = least if least is not None else 1 if is_offline else _LEAST
    _print(report, demanded)
    raise typer.Exit(0 if pass_rate(report) >= demanded else 1)


def _settings(folder: Path, language_model: dict[str, str]) -> Settings:
    """Those of the environment, but for the model that is asked and where data are kept."""
    settings = Settings.load()
    general = {"data_dir": folder, "environment": Environment.DEVELOPMENT}
    changes = {
        "general": settings.general.model_copy(update=general),
        "database": settings.database.model_copy(update={"url": None}),
        "files": settings.files.model_copy(update={"url": None}),
        "mail": settings.mail.model_copy(update={"url": None}),
        "logging": settings.logging.model_copy(update={"level": "WARNING"}),
        "language_models": settings.language_models.model_copy(update=language_model),
    }
    return settings.model_copy(update=changes)


async def _evaluate(settings: Settings) -> EvaluationReport:
    database, state = Database(settings.database), process_state(settings)
    try:
        uow = units_of_work(database, Means.COMMAND_LINE)
        services = wire(settings, uow, {}, state)
        await prepare(services, uow, open_storage(settings.files_url))
        requests = cases(datetime.now(UTC).date())
        return await evaluate(requests, asking(services), settings.language_models.name)
    finally:
        await state.close()
        await database.close()


def _print(report: EvaluationReport, demanded: float) -> None:
    console = Console()
    console.print(report.console_table())
    for fault in faults(report):
        console.print(fault, markup=False, soft_wrap=True)
    console.print(f"{pass_rate(report):.0%} passed, {demanded:.0%} are demanded.")


if __name__ == "__main__":
    typer.run(main)
