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
    """A job to be: it exists exactly if the transaction that asks for it commits.

    Attributes:
        task: the name of a task that `backend.jobs` defines.
        args: what JSON can hold. Ids rather than contents: jobs are kept, and admins read them.
    """

    task: str
    queue: Queue
    args: dict[str, Any] = field(default_factory=dict)
