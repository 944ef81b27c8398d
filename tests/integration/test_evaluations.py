"""The evaluations, with the offline model: what it can't do is no fault of a model."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from backend.core.config import LanguageModelSettings, ModelProvider, Settings
from backend.integrations.files.storage import open_storage
from backend.process_state import process_state
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.container import Services
from backend.wiring import wire
from evaluations.agent import asking, prepare
from evaluations.cases import cases
from evaluations.requests import case
from evaluations.suite import evaluate, faults, pass_rate


@asynccontextmanager
async def services_of(settings: Settings, uow: SqlUnitOfWorkFactory) -> AsyncIterator[Services]:
    """Over the data that requests are about."""
    state = process_state(settings)
    services = wire(settings, uow, {}, state)
    await prepare(services, uow, open_storage(settings.files_url))
    yield services
    await state.close()


async def test_the_offline_model_does_what_each_request_asks_for(
    settings: Settings, uow: SqlUnitOfWorkFactory
) -> None:
    requests = cases(datetime.now(UTC).date())

    async with services_of(settings, uow) as services:
        report = await evaluate(requests, asking(services), "offline")

    assert faults(report) == []
    assert len(report.cases) == len(requests)


async def test_a_model_that_can_not_be_asked_is_a_fault_that_says_why(
    settings: Settings, uow: SqlUnitOfWorkFactory
) -> None:
    without_key = LanguageModelSettings(
        provider=ModelProvider.OPENAI, name="gpt", openai_api_key=None
    )
    changed = settings.model_copy(update={"language_models": without_key})

    async with services_of(changed, uow) as services:
        report = await evaluate([case("Show open tasks")], asking(services), "gpt")

    assert pass_rate(report) == 0
    assert "OPENAI_API_KEY" in faults(report)[0]
