"""A configuration for each provider.

None is the default: the settings decide until an admin does.
"""

from typing import NamedTuple

from backend.core.config import ModelProvider
from backend.models.assistant.model_configs import ModelConfig
from backend.seeds.base import SeedContext


class SeedModelConfig(NamedTuple):
    name: str
    provider: ModelProvider
    model: str


MODEL_CONFIGS = (
    SeedModelConfig("Offline", ModelProvider.OFFLINE, "offline"),
    SeedModelConfig("OpenAI", ModelProvider.OPENAI, "gpt-5-mini"),
    SeedModelConfig("Azure OpenAI", ModelProvider.AZURE, "gpt-5-mini"),
    SeedModelConfig("Ollama", ModelProvider.COMPATIBLE, "llama3.1"),
)


class ModelConfigSeeder:
    async def run(self, context: SeedContext) -> int:
        async with context.uow(context.scope) as uow:
            rows = [
                ModelConfig(
                    id=context.id_of("model_config", config.name),
                    created_at=context.now,
                    updated_at=context.now,
                    **config._asdict(),
                )
                for config in MODEL_CONFIGS
            ]
            added = await uow.model_configs.add_missing(rows)
            await uow.commit()
        return added
