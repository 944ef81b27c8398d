"""Language models on pydantic-ai, loaded when the first answer is asked for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib.util import find_spec
from typing import TYPE_CHECKING

from backend.core.config import ConfigurationError, LanguageModelSettings, ModelProvider
from backend.core.garbage import without_collection
from backend.models.assistant.model_usage import Usage
from backend.services.assistant.language_models import AnswerEvent, Question

if TYPE_CHECKING:
    from backend.integrations.assistant.language_models.answers import PydanticAiModels


def has_offline_model() -> bool:
    """Whether this installation has the folder `offline`, which may be left out."""
    return find_spec(f"{__name__}.offline") is not None


class LanguageModelsOnDemand:
    """To import pydantic-ai takes longer than all else that a start does."""

    def __init__(self, settings: LanguageModelSettings) -> None:
        """Raises ConfigurationError if the settings name the offline model and it is left out."""
        if settings.provider is ModelProvider.OFFLINE and not has_offline_model():
            raise ConfigurationError(
                "MODEL_PROVIDER: the offline model is not installed; "
                "choose openai, azure or compatible"
            )
        self._settings = settings
        self._loading = asyncio.Lock()
        self._models: PydanticAiModels | None = None

    async def answer(self, question: Question, usage: Usage) -> AsyncGenerator[AnswerEvent, None]:
        """As `LanguageModels.answer`."""
        models = await self._load()
        async with aclosing(models.answer(question, usage)) as events:
            async for event in events:
                yield event

    async def prepare(self) -> None:
        """Load them now, so that the first answer need not wait for it.

        Does nothing where the settings name no provider: then perhaps nobody ever asks.
        """
        if self._settings.provider is not ModelProvider.OFFLINE:
            await self._load()

    async def close(self) -> None:
        """Close the connections to the providers."""
        if self._models is not None:
            await self._models.close()

    async def _load(self) -> "PydanticAiModels":
        async with self._loading:
            if self._models is None:
                # In a thread, so that nobody else's request waits for it.
                self._models = await asyncio.to_thread(_open, self._settings)
            return self._models


def _open(settings: LanguageModelSettings) -> "PydanticAiModels":
    # To look through so much would stop all threads, the one of the event loop too.
    with without_collection():
        from backend.integrations.assistant.language_models.answers import (  # noqa: PLC0415  # see the class
            PydanticAiModels,
        )

        return PydanticAiModels(settings)
