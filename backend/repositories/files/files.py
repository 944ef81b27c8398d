from typing import Protocol
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.files.files import File, FileQuery, FileUsage
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class FileRepository(Repository[File], Protocol):
    async def page_visible_to(self, by: Principal, query: FileQuery) -> Page[File]:
        """One page of the files that the caller may see. Raises InvalidCursorError."""
        ...

    async def usage_of(self, owner_id: UUID) -> FileUsage:
        """Return a person's usage, wherever the files are attached."""
        ...

    async def lock_usage_of(self, owner_id: UUID) -> FileUsage:
        """Like `usage_of`, with a lock until the unit ends."""
        ...

    async def leave_module(self, module_id: UUID) -> list[UUID]:
        """Detach all files from a module; returns their ids."""
        ...
