from typing import Protocol

from backend.models.assistant.planned_actions import PlannedAction
from backend.repositories.platform.base import Repository


class PlannedActionRepository(Repository[PlannedAction], Protocol):
    """Planned actions, open or confirmed."""
