from typing import Protocol
from uuid import UUID

from backend.models.assistant.prompt_versions import PromptVersion, PromptVersionQuery
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class PromptVersionRepository(Repository[PromptVersion], Protocol):
    async def page_of(self, prompt_id: UUID, query: PromptVersionQuery) -> Page[PromptVersion]:
        """One page of the versions of a prompt, without their texts. Raises InvalidCursorError."""
        ...

    async def find_number(self, prompt_id: UUID, number: int) -> PromptVersion | None:
        """Return one version of a prompt, if it exists."""
        ...
