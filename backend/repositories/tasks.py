from typing import Protocol

from backend.models.tasks import Task, TaskQuery
from backend.repositories.base import ListedRepository


class TaskRepository(ListedRepository[Task, TaskQuery], Protocol):
    """Nothing beyond what every repository can do."""
