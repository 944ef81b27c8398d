from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Expiring(StrEnum):
    """Rows with a retention time."""

    IDEMPOTENCY_KEYS = "idempotency_keys"
    REFRESH_TOKENS = "refresh_tokens"
    SESSIONS = "sessions"
    PROVIDER_SIGN_INS = "provider_sign_ins"
    USED_CHALLENGES = "used_challenges"
    ACCOUNT_TOKENS = "account_tokens"
    MAIL_REQUESTS = "mail_requests"
    MAILS = "mails"
    JOBS = "jobs"
    EVENTS = "events"
    PERSONAL_CHANGES = "personal_changes"
    NOTIFICATIONS = "notifications"
    USAGE_RECORDS = "usage_records"
    PLANNED_ACTIONS = "planned_actions"
    WEBHOOK_MESSAGES = "webhook_messages"
    INCOMING_MESSAGES = "incoming_messages"


class CleanUpRepository(Protocol):
    async def remove(self, what: Expiring, before: datetime, limit: int) -> int:
        """Delete some rows that had expired at the time; returns how many.

        Skips locked rows.
        """
        ...
