from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from backend.models.assistant.prompt_versions import PromptVersion
from backend.models.assistant.prompts import Prompt, PromptQuery
from backend.repositories.platform.base import ListedRepository


class PromptRepository(ListedRepository[Prompt, PromptQuery], Protocol):
    async def find_active(self, name: str) -> PromptVersion | None:
        """Return the text of the prompt with this name, if there is one."""
        ...

    async def known_names(self, names: Collection[str]) -> set[str]:
        """Return those of the names that belong to prompts."""
        ...

    async def active_version(self, prompt_id: UUID) -> PromptVersion:
        """Return the text of a prompt. Raises NotFoundError if there is no such prompt."""
        ...
