"""Deletes what has expired."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.platform.base import metadata
from backend.repositories.operations.retention import Expiring
from backend.repositories.sql.background.job_tables import ENDED, EVENTS, JOBS, THEIR_STATUSES

_NO_JOB = 2**63 - 1
# Their jobs are retried for days; but the addresses must not be stored for ever.
_UNANSWERED = timedelta(days=7)
_FAILURES = metadata.tables["job_failures"]
_DELIVERIES = metadata.tables["webhook_deliveries"]


class _Rows(NamedTuple):
    table: Any
    are_over: Callable[[FromClause, datetime], ColumnElement[bool]]


def _older(column: str) -> Callable[[FromClause, datetime], ColumnElement[bool]]:
    return lambda table, before: table.c[column] < before


def _sessions_over(table: FromClause, before: datetime) -> ColumnElement[bool]:
    return or_(table.c.revoked_at < before, table.c.expires_at < before)


def _mail_requests_over(table: FromClause, before: datetime) -> ColumnElement[bool]:
    answered = table.c.email.is_(None)
    given_up = table.c.requested_at < before - _UNANSWERED
    return or_(and_(answered, table.c.requested_at < before), given_up)


def _mails_over(table: FromClause, before: datetime) -> ColumnElement[bool]:
    settled = or_(table.c.sent_at.is_not(None), table.c.refused_at.is_not(None))
    return and_(or_(settled, _is_given_up(table, "mail_id")), table.c.created_at < before)


def _incoming_over(table: FromClause, before: datetime) -> ColumnElement[bool]:
    unhandled = and_(table.c.received_at < before, table.c.handled_at.is_(None))
    return or_(table.c.handled_at < before, and_(unhandled, _is_given_up(table, "message_id")))


def _is_given_up(table: FromClause, argument: str) -> ColumnElement[bool]:
    """Whether the job of the row is gone; while it is dead, an admin may retry it."""
    return ~exists().where(JOBS.c.args[argument].astext == cast(table.c.id, String))


def _jobs_over(table: FromClause, before: datetime) -> ColumnElement[bool]:
    words = [word for status in ENDED for word in THEIR_STATUSES[status]]
    lately = exists().where(EVENTS.c.job_id == table.c.id, EVENTS.c.at >= before)
    # Ids ascend with time: from the first recent job on there is nothing to delete.
    young = select(EVENTS.c.job_id).where(EVENTS.c.type == "deferred", EVENTS.c.at >= before)
    first = young.order_by(EVENTS.c.job_id).limit(1).scalar_subquery()
    return and_(table.c.status.in_(words), table.c.id < func.coalesce(first, _NO_JOB), ~lately)


def _messages_over(table: FromClause, before: datetime) -> ColumnElement[bool]:
    """With them go their deliveries, of which one may have been sent again."""
    of_message = _DELIVERIES.c.message_id == table.c.id
    is_pending = exists().where(of_message, _DELIVERIES.c.status == "pending")
    return and_(table.c.created_at < before, ~is_pending)


_EXPIRING = {
    Expiring.IDEMPOTENCY_KEYS: _Rows(metadata.tables["idempotent_requests"], _older("created_at")),
    Expiring.REFRESH_TOKENS: _Rows(metadata.tables["refresh_tokens"], _older("used_at")),
    Expiring.SESSIONS: _Rows(metadata.tables["sessions"], _sessions_over),
    Expiring.PROVIDER_SIGN_INS: _Rows(metadata.tables["provider_sign_ins"], _older("expires_at")),
    Expiring.USED_CHALLENGES: _Rows(metadata.tables["used_challenges"], _older("expires_at")),
    Expiring.ACCOUNT_TOKENS: _Rows(metadata.tables["account_tokens"], _older("expires_at")),
    Expiring.MAIL_REQUESTS: _Rows(metadata.tables["mail_requests"], _mail_requests_over),
    Expiring.MAILS: _Rows(metadata.tables["mails"], _mails_over),
    Expiring.JOBS: _Rows(JOBS, _jobs_over),
    Expiring.NOTIFICATIONS: _Rows(metadata.tables["notifications"], _older("created_at")),
    Expiring.USAGE_RECORDS: _Rows(metadata.tables["usage_records"], _older("started_at")),
    Expiring.PLANNED_ACTIONS: _Rows(metadata.tables["planned_actions"], _older("expires_at")),
    Expiring.WEBHOOK_MESSAGES: _Rows(metadata.tables["webhook_messages"], _messages_over),
    Expiring.INCOMING_MESSAGES: _Rows(metadata.tables["incoming_messages"], _incoming_over),
    Expiring.EVENTS: _Rows(metadata.tables["events"], _older("occurred_at")),
    Expiring.PERSONAL_CHANGES: _Rows(metadata.tables["personal_changes"], _older("occurred_at")),
}


class SqlCleanUpRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def remove(self, what: Expiring, before: datetime, limit: int) -> int:
        connection = await self._session.connection()
        if what is Expiring.EVENTS:
            # Otherwise the trigger refuses; it always refuses for rows younger than 30 days.
            await connection.execute(select(func.set_config("mvp.events_retention", "on", True)))
        table, are_over = _EXPIRING[what]
        some = select(table.c.id).where(are_over(table, before)).limit(limit)
        # A plain subquery might run for each row, and lock other rows each time.
        locked = some.with_for_update(skip_locked=True).cte("locked")
        gone = delete(table).where(table.c.id.in_(select(locked.c.id)))
        removed = (await connection.execute(gone)).rowcount
        if what is Expiring.JOBS:
            left = ~exists().where(JOBS.c.id == _FAILURES.c.job_id)
            old = _FAILURES.c.failed_at < before
            await connection.execute(delete(_FAILURES).where(old, left))
        return removed
