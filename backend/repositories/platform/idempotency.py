from typing import Protocol
from uuid import UUID

from backend.models.platform.idempotency import Answer, Claim, IdempotencyKey


class IdempotencyRepository(Protocol):
    async def claim(self, key: IdempotencyKey | None, resource_id: UUID) -> Claim:
        """Let the key stand for what this unit of work is about to make.

        Call it first in the unit. Without a key it does nothing, and answers `Fresh`. Whoever gets
        anything else writes nothing.

        Raises:
            KeyReusedError: the key belongs to another request.
            StillRunningError: the same request is at work just now.
        """
        ...

    async def look_up(self, key: IdempotencyKey) -> Claim:
        """Return what `claim` would, without claiming anything. Raises KeyReusedError."""
        ...

    async def point_at(self, key: IdempotencyKey | None, resource_id: UUID) -> None:
        """Let a claimed key stand for what was there before. Without a key it does nothing."""
        ...

    async def keep_answer(self, key: IdempotencyKey, answer: Answer) -> None:
        """Keep the answer of a request that has claimed the key. The only change of its unit."""
        ...
