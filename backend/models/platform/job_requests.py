"""Jobs that a transaction asks for."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from backend.core.scopes import FIRST_ORGANISATION, Scope


class Queue(StrEnum):
    """Queues keep slow work from holding up quick work; each has a concurrency of its own."""

    EVENTS = "events"
    MAIL = "mail"
    EXECUTIONS = "executions"
    WEBHOOKS = "webhooks"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True)
class JobRequest:
    """A job to create: it exists exactly if the transaction that requests it commits.

    Attributes:
        task: the name of a task that `backend.jobs` defines.
        args: JSON values. Ids rather than
        contents: jobs are stored, and admins read them.
        demand: the type of event that there must be a demand for (`EventDemand`): else there is no
            job. None: there is one.
        after: how long it waits before it may begin.
    """

    task: str
    queue: Queue
    args: dict[str, Any] = field(default_factory=dict)
    demand: str | None = None
    after: timedelta | None = None

    def within(self, scope: Scope) -> "JobRequest":
        """Return the job with its organisation, which `Within.of_job` reads.

        The first one is left out: where there are no others, jobs say nothing of it.
        """
        organisation_id = scope.organisation_id
        if organisation_id in (None, FIRST_ORGANISATION):
            return self
        return replace(self, args=self.args | {"organisation_id": str(organisation_id)})
