from collections.abc import Collection
from typing import Protocol


class EventDemandRepository(Protocol):
    """Which types of events start which tasks that are not started by all of a type."""

    async def add(self, task: str, event_types: Collection[str]) -> None:
        """From the commit on, events of the types start the task.

        Waits for a unit that takes demands of the task away.
        """
        ...

    async def lock(self, task: str) -> None:
        """Let nobody else change the demands of the task until this unit ends."""
        ...

    async def remove(self, task: str, event_type: str) -> None:
        """Events of the type no longer start the task. Lock the task first."""
        ...
