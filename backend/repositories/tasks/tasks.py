from typing import Protocol
from uuid import UUID

from backend.models.tasks.tasks import Task, TaskQuery
from backend.repositories.platform.base import ListedRepository
from backend.repositories.platform.bulk import BulkRepository


class TaskRepository(ListedRepository[Task, TaskQuery], BulkRepository[Task], Protocol):
    async def give_to_customer(self, lead_id: UUID, customer_id: UUID) -> list[UUID]:
        """Move the unfinished tasks of a lead to a customer, unless they have one.

        Returns the ids of the moved tasks.
        """
        ...

    async def leave_module(self, module_id: UUID) -> list[UUID]:
        """Detach all tasks from a module; returns their ids."""
        ...
