from typing import Protocol

from backend.models.assistant.model_configs import ModelConfig, ModelConfigQuery
from backend.repositories.platform.base import ListedRepository


class ModelConfigRepository(ListedRepository[ModelConfig, ModelConfigQuery], Protocol):
    async def find_default(self) -> ModelConfig | None:
        """The one that answers whoever names none, if there is one."""
        ...

    async def lock_default(self) -> None:
        """Make everybody else wait who may change which one is the default.

        Call it before a configuration is read to be changed: with locks of rows alone, two who
        change each other's default would wait for each other.
        """
        ...
