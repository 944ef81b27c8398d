from typing import Protocol

from backend.models.assistant.planned_actions import AgentAction
from backend.repositories.platform.base import Repository


class AgentActionRepository(Repository[AgentAction], Protocol):
    """Actions that wait for a person, or did."""
