"""Jobs that a transaction asks for."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Queue(StrEnum):
    """Queues keep slow work from holding up quick work; each has a concurrency of its own."""

    EVENTS = "events"
    MAIL = "mail"
    EXECUTIONS = "executions"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True)
class JobRequest:
    """A job to create: it exists exactly if the transaction that requests it commits.

    Attributes:
        task: the name of a task that `backend.jobs` defines.
        args: JSON values. Ids rather than
        contents: jobs are stored, and admins read them.
    """

    task: str
    queue: Queue
    args: dict[str, Any] = field(default_factory=dict)
