"""Claims of idempotency keys that wait for what they stand for, to be written with it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import CTE, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.platform.idempotency import IdempotencyKey, IdempotentRequest
from backend.repositories.sql.platform.named_locks import IS_LOCKED, try_lock


class PendingClaim(NamedTuple):
    """Of a request that is the first with its key, as far as is known.

    Attributes:
        lock: the name that whoever carries out the request has locked.
        row: the values of the claim.
    """

    lock: str
    row: Mapping[str, Any]

    async def take(self, session: AsyncSession) -> bool:
        """Write it in a transaction, or return False: another request has the key."""
        if not await try_lock(session, self.lock):
            return False
        taking = insert(IdempotentRequest).values(self.row).on_conflict_do_nothing()
        connection = await session.connection()
        written = await connection.execute(taking.returning(col(IdempotentRequest.id)))
        return written.one_or_none() is not None


def lock_of(key: IdempotencyKey) -> str:
    return f"{key.user_id}:{key.key}"


def claimed(values: Mapping[Any, Any]) -> CTE:
    """Write a claim with the lock in the parameter `name`.

    There is a row unless another request has the key.
    """
    free = select(*values.values()).where(IS_LOCKED)
    taking = insert(IdempotentRequest).from_select(list(values), free).on_conflict_do_nothing()
    return taking.returning(col(IdempotentRequest.id)).cte("claimed")
