from typing import Protocol

from backend.models.assistant.model_configs import ModelConfig, ModelConfigQuery
from backend.repositories.platform.base import ListedRepository


class ModelConfigRepository(ListedRepository[ModelConfig, ModelConfigQuery], Protocol):
    async def find_default(self) -> ModelConfig | None:
        """Return the default configuration, if there is one."""
        ...

    async def lock_default(self) -> None:
        """Lock out other changes of the default.

        Call it before reading a configuration to change: with row locks alone, two changes of each
        other's default would deadlock.
        """
        ...
