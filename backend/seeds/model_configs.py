"""A configuration for each provider. The offline one is the default, unless the settings name
another provider: then those decide until an admin does."""

from typing import NamedTuple

from backend.core.config import ModelProvider
from backend.models.model_configs import ModelConfig
from backend.seeds.base import SeedContext, seed_id


class SeedModelConfig(NamedTuple):
    name: str
    provider: ModelProvider
    model: str


OFFLINE = SeedModelConfig("Offline", ModelProvider.OFFLINE, "offline")
MODEL_CONFIGS = (
    OFFLINE,
    SeedModelConfig("OpenAI", ModelProvider.OPENAI, "gpt-5-mini"),
    SeedModelConfig("Azure OpenAI", ModelProvider.AZURE, "gpt-5-mini"),
    SeedModelConfig("Ollama", ModelProvider.COMPATIBLE, "llama3.1"),
)


class ModelConfigSeeder:
    async def run(self, context: SeedContext) -> int:
        async with context.uow() as uow:
            is_free = await uow.model_configs.lock_default() is None
            is_offline = context.provider is ModelProvider.OFFLINE
            rows = [
                ModelConfig(
                    id=seed_id("model_config", config.name),
                    is_default=config is OFFLINE and is_free and is_offline,
                    created_at=context.now,
                    updated_at=context.now,
                    **config._asdict(),
                )
                for config in MODEL_CONFIGS
            ]
            added = await uow.model_configs.add_missing(rows)
            await uow.commit()
        return added
