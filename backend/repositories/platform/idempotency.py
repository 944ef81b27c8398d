from typing import Protocol
from uuid import UUID

from backend.models.platform.idempotency import Answer, IdempotencyKey


class IdempotencyRepository(Protocol):
    async def claim(self, key: IdempotencyKey | None, resource_id: UUID) -> UUID | None:
        """Let the key stand for what this unit of work is about to make.

        Call it first in the unit. Without a key it does nothing.

        Returns:
            None, and the caller goes on; or the id of what the same request made before, when
            its answer was lost: the caller reads that, and writes nothing.

        Raises:
            AnsweredBeforeError: the same request came before, and its answer is known.
            KeyReusedError: the key belongs to another request.
            StillRunningError: the same request is at work just now.
        """
        ...

    async def point_at(self, key: IdempotencyKey | None, resource_id: UUID) -> None:
        """Let a claimed key stand for what was there before. Without a key it does nothing."""
        ...

    async def keep_answer(self, key: IdempotencyKey, answer: Answer) -> None:
        """Keep the answer of a request that has claimed the key."""
        ...
