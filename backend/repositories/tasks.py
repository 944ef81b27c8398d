from typing import Protocol
from uuid import UUID

from backend.models.tasks import Task, TaskQuery
from backend.repositories.base import ListedRepository


class TaskRepository(ListedRepository[Task, TaskQuery], Protocol):
    async def give_to_customer(self, lead_id: UUID, customer_id: UUID) -> None:
        """Let the unfinished tasks of a lead belong to a customer, unless they have one."""
        ...

    async def leave_module(self, module_id: UUID) -> None:
        """Take all tasks out of a module."""
        ...
