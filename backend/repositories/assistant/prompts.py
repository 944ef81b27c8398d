from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from backend.models.assistant.prompt_versions import PromptVersion
from backend.models.assistant.prompts import Prompt, PromptQuery
from backend.repositories.platform.base import ListedRepository


class PromptRepository(ListedRepository[Prompt, PromptQuery], Protocol):
    async def find_active(self, name: str) -> PromptVersion | None:
        """What the prompt of this name says, if there is one."""
        ...

    async def known_names(self, names: Collection[str]) -> set[str]:
        """Those of the names that prompts have."""
        ...

    async def active_version(self, prompt_id: UUID) -> PromptVersion:
        """What the prompt says. Raises NotFoundError if there is no such prompt."""
        ...
