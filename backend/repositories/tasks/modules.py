from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from backend.models.platform.paging import Page
from backend.models.tasks.modules import Module, ModuleQuery
from backend.repositories.platform.base import ListedRepository


class ModuleRepository(ListedRepository[Module, ModuleQuery], Protocol):
    async def page_of(self, owner_id: UUID, query: ModuleQuery) -> Page[Module]:
        """One page of somebody's modules. Raises InvalidCursorError."""
        ...

    async def lock_all_of(self, owner_id: UUID) -> list[Module]:
        """All of somebody's modules by position, locked until the unit of work ends.

        Whoever adds one or changes the order calls this, so that they wait for each other.
        """
        ...

    async def reorder(self, module_ids: Sequence[UUID]) -> None:
        """Give the modules the positions 1, 2, 3 and so on, in one statement."""
        ...


class ModuleContents(Protocol):
    """A repository of what can lie in a module."""

    async def leave_module(self, module_id: UUID) -> list[UUID]:
        """Take all of it out of a module; answers the ids."""
        ...
