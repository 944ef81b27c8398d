from typing import Protocol

from backend.models.model_configs import ModelConfig, ModelConfigQuery
from backend.repositories.base import ListedRepository


class ModelConfigRepository(ListedRepository[ModelConfig, ModelConfigQuery], Protocol):
    async def find_default(self) -> ModelConfig | None:
        """The one that answers whoever names none, if there is one."""
        ...

    async def lock_default(self) -> ModelConfig | None:
        """As `find_default`, locked until the unit of work ends.

        Whoever makes another one the default calls this, so that they wait for each other.
        """
        ...
