from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Expiring(StrEnum):
    """Rows that have their time."""

    IDEMPOTENCY_KEYS = "idempotency_keys"
    REFRESH_TOKENS = "refresh_tokens"
    SESSIONS = "sessions"
    ACCOUNT_TOKENS = "account_tokens"
    MAIL_REQUESTS = "mail_requests"
    MAILS = "mails"
    JOBS = "jobs"
    EVENTS = "events"
    USAGE_RECORDS = "usage_records"
    PLANNED_ACTIONS = "planned_actions"


class CleanUpRepository(Protocol):
    async def remove(self, what: Expiring, before: datetime, limit: int) -> int:
        """Delete some of the rows whose time was over at the moment; answers how many.

        Leaves out those that somebody else is changing.
        """
        ...
