"""Idempotency keys: who claims one first, and what was answered."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Text, bindparam, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.errors import KeyReusedError, StillRunningError
from backend.models.platform.idempotency import (
    Answer,
    Answered,
    Claim,
    Fresh,
    IdempotencyKey,
    IdempotentRequest,
    Replay,
)
from backend.models.platform.mixins import new_id, now
from backend.models.platform.organisations import ORGANISATION_COLUMN
from backend.repositories.sql.platform.claiming import PendingClaim, lock_of
from backend.repositories.sql.platform.named_locks import try_lock
from backend.repositories.sql.platform.writing import Writer

_FRESH = Fresh()

_KEEP_ANSWER = (
    update(IdempotentRequest)
    .where(col(IdempotentRequest.user_id) == bindparam("of_user"))
    .where(col(IdempotentRequest.key) == bindparam("of_key"))
    # The key may belong to another request by now, if this one did not commit its claim. Its
    # fingerprint may go on with content that only the service has seen.
    .where(func.starts_with(col(IdempotentRequest.fingerprint), bindparam("asked", type_=Text)))
    .where(col(IdempotentRequest.status).is_(None))
    .values(
        status=bindparam("new_status"),
        headers=bindparam("new_headers"),
        body=bindparam("new_body"),
    )
)


class SqlIdempotencyRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, key: IdempotencyKey | None, resource_id: UUID) -> Claim:
        if key is None:
            return _FRESH
        row = _row(key, resource_id)
        if cast(Writer, self._session).claim_later(PendingClaim(lock_of(key), row)):
            return _FRESH
        await self._lock(key)
        if await self._insert(key, row):
            return _FRESH
        found = await self._session.exec(select(IdempotentRequest).where(*_of(key)))
        return _claimed_before(key, found.one())

    async def look_up(self, key: IdempotencyKey) -> Claim:
        is_valid = col(IdempotentRequest.created_at) >= key.valid_since
        statement = select(IdempotentRequest).where(*_of(key), is_valid)
        found = (await self._session.exec(statement)).one_or_none()
        return _claimed_before(key, found) if found else _FRESH

    async def point_at(self, key: IdempotencyKey | None, resource_id: UUID) -> None:
        if key is not None:
            claimed = update(IdempotentRequest).where(*_of(key))
            await self._session.exec(claimed.values(resource_id=resource_id))

    async def keep_answer(self, key: IdempotencyKey, answer: Answer) -> None:
        values = {
            "of_user": key.user_id,
            "of_key": key.key,
            "asked": key.fingerprint,
            "new_status": answer.status,
            "new_headers": answer.headers,
            "new_body": answer.body,
        }
        await cast(Writer, self._session).change_alone(_KEEP_ANSWER, values)

    async def _lock(self, key: IdempotencyKey) -> None:
        # With the unique constraint alone, the second request would wait for the first.
        if not await try_lock(self._session, lock_of(key)):
            raise StillRunningError(
                "A request with this Idempotency-Key is still running; try again in a moment."
            )

    async def _insert(self, key: IdempotencyKey, row: dict[str, Any]) -> bool:
        """Whether the key was free or had expired."""
        statement = (
            insert(IdempotentRequest)
            .values(row)
            .on_conflict_do_update(
                index_elements=["user_id", "key", ORGANISATION_COLUMN],
                set_={name: row[name] for name in row.keys() - {"id", "user_id", "key"}},
                where=col(IdempotentRequest.created_at) < key.valid_since,
            )
            .returning(col(IdempotentRequest.id))
        )
        connection = await self._session.connection()
        return (await connection.execute(statement)).one_or_none() is not None


def _row(key: IdempotencyKey, resource_id: UUID) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": key.user_id,
        "key": key.key,
        "fingerprint": key.fingerprint,
        "resource_id": resource_id,
        "created_at": now(),
        "status": None,
        "headers": None,
        "body": None,
    }


def _of(key: IdempotencyKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        col(IdempotentRequest.user_id) == key.user_id,
        col(IdempotentRequest.key) == key.key,
    )


def _claimed_before(key: IdempotencyKey, earlier: IdempotentRequest) -> Replay | Answered:
    if earlier.fingerprint != key.fingerprint:
        raise KeyReusedError(
            "Idempotency-Key",
            "This key was used for another request; send a new one.",
            "idempotency_key_reused",
        )
    if earlier.status is not None and earlier.body is not None:
        return Answered(Answer(earlier.status, earlier.headers or {}, earlier.body))
    return Replay(earlier.resource_id)
