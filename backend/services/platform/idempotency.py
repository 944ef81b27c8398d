"""The kept answers of requests with an Idempotency-Key."""

from backend.core.permissions import Principal
from backend.models.platform.idempotency import Answer, IdempotencyKey
from backend.repositories.platform.unit import PlatformUnits


class IdempotencyService:
    def __init__(self, uow: PlatformUnits) -> None:
        self._uow = uow

    async def keep_answer(self, key: IdempotencyKey, answer: Answer, by: Principal) -> None:
        """Store the response for retries.

        A crash between the change and this loses it; a retry then reads the row again.
        """
        async with self._uow(by) as uow:
            await uow.idempotency.keep_answer(key, answer)
            await uow.commit()
