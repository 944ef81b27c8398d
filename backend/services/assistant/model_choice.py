"""Chooses the language model: a named configuration, the default, or the settings."""

from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from backend.core.config import LanguageModelSettings, ModelProvider
from backend.core.errors import unknown_reference
from backend.models.assistant.model_configs import ModelConfig
from backend.repositories.assistant.unit import AssistantReading
from backend.services.assistant.language_models import ModelChoice


class OwnLimits(NamedTuple):
    """The limits of a configuration. None: those of the settings."""

    model_calls: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    cost: Decimal | None = None


class ChosenModel(NamedTuple):
    choice: ModelChoice
    limits: OwnLimits = OwnLimits()

    @property
    def is_offline(self) -> bool:
        return self.choice.provider is ModelProvider.OFFLINE


class ModelChooser:
    def __init__(self, settings: LanguageModelSettings) -> None:
        self._settings = ChosenModel(ModelChoice(settings.provider, settings.name))

    async def choose(self, uow: AssistantReading, config_id: UUID | None = None) -> ChosenModel:
        """Raises InvalidInputError if there is no such configuration."""
        if config_id is None:
            default = await uow.model_configs.find_default()
            return _chosen(default) if default else self._settings
        config = await uow.model_configs.find(config_id)
        if config is None:
            raise unknown_reference("model_config_id", "model configuration")
        return _chosen(config)


def _chosen(config: ModelConfig) -> ChosenModel:
    choice = ModelChoice(
        config.provider, config.model, config.temperature, config.max_output_tokens
    )
    return ChosenModel(
        choice, OwnLimits(config.model_calls, config.tokens, config.seconds, config.cost)
    )
