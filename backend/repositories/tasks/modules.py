from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from backend.models.platform.paging import Page
from backend.models.tasks.modules import Module, ModuleQuery
from backend.repositories.platform.base import ListedRepository


class ModuleRepository(ListedRepository[Module, ModuleQuery], Protocol):
    async def page_of(self, owner_id: UUID, query: ModuleQuery) -> Page[Module]:
        """Return one page of a person's modules. Raises InvalidCursorError."""
        ...

    async def lock_all_of(self, owner_id: UUID) -> list[Module]:
        """Return all of a person's modules by position, locked until the unit of work ends.

        Concurrent additions and reorderings wait for each other here.
        """
        ...

    async def reorder(self, module_ids: Sequence[UUID]) -> None:
        """Set the positions 1, 2, 3 and so on, in one statement."""
        ...


class ModuleContents(Protocol):
    """The repository of a resource that can belong to a module."""

    async def leave_module(self, module_id: UUID) -> list[UUID]:
        """Detach all rows from a module; returns their ids."""
        ...
