"""Language models on pydantic-ai, loaded when the first answer is asked for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from backend.core.config import LanguageModelSettings, ModelProvider
from backend.core.garbage import without_collection
from backend.models.assistant.model_usage import Usage
from backend.services.assistant.language_models import AnswerEvent, Question

if TYPE_CHECKING:
    from backend.integrations.assistant.language_models.answers import PydanticAiModels


class LanguageModelsOnDemand:
    """To import pydantic-ai takes longer than all else that a start does."""

    def __init__(self, settings: LanguageModelSettings) -> None:
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
