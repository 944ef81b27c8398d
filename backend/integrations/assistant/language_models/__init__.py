"""Language models on pydantic-ai, loaded with the first answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib.util import find_spec
from typing import TYPE_CHECKING

from backend.core.config import ConfigurationError, LanguageModelSettings, ModelProvider
from backend.core.garbage import without_collection
from backend.core.on_demand import OnDemand
from backend.models.assistant.model_usage import Usage
from backend.services.assistant.language_models import AnswerEvent, Question

if TYPE_CHECKING:
    from backend.integrations.assistant.language_models.answers import PydanticAiModels


def has_offline_model() -> bool:
    """Whether this installation has the folder `offline`, which may be left out."""
    return find_spec(f"{__name__}.offline") is not None


class LanguageModelsOnDemand:
    """Loads pydantic-ai on demand: its import takes longer than the rest of a start."""

    def __init__(self, settings: LanguageModelSettings) -> None:
        """Raises ConfigurationError if the settings name the offline model and it is left out."""
        if settings.provider is ModelProvider.OFFLINE and not has_offline_model():
            raise ConfigurationError(
                "MODEL_PROVIDER: the offline model is not installed; "
                "choose openai, azure or compatible"
            )
        self._settings = settings
        self._models = OnDemand(lambda: _open(settings))

    async def answer(self, question: Question, usage: Usage) -> AsyncGenerator[AnswerEvent, None]:
        """Like `LanguageModels.answer`."""
        models = await self._models.get()
        async with aclosing(models.answer(question, usage)) as events:
            async for event in events:
                yield event

    async def prepare(self) -> None:
        """Load them now, so that the first answer does not wait for it.

        Does nothing if the settings name no provider: then perhaps none is ever used.
        """
        if self._settings.provider is not ModelProvider.OFFLINE:
            await self._models.get()

    async def close(self) -> None:
        """Close the connections to the providers."""
        if self._models.opened is not None:
            await self._models.opened.close()


def _open(settings: LanguageModelSettings) -> "PydanticAiModels":
    # A collection over so many objects would block all threads, including the event loop.
    with without_collection():
        from backend.integrations.assistant.language_models.answers import (  # noqa: PLC0415  # see the class
            PydanticAiModels,
        )

        return PydanticAiModels(settings)
