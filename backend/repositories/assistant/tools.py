from typing import Protocol

from backend.models.assistant.tools import Tool, ToolQuery
from backend.repositories.platform.base import ListedRepository


class ToolRepository(ListedRepository[Tool, ToolQuery], Protocol):
    async def enabled_names(self) -> set[str]:
        """The tools that may be offered to a model."""
        ...

    async def lock_all(self) -> list[Tool]:
        """Every tool by name, locked until the unit of work ends.

        Concurrent registrations of tools wait for each other here.
        """
        ...
