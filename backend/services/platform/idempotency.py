from backend.models.platform.idempotency import Answer, IdempotencyKey
from backend.repositories.platform.unit import PlatformUnits


class IdempotencyService:
    def __init__(self, uow: PlatformUnits) -> None:
        self._uow = uow

    async def keep_answer(self, key: IdempotencyKey, answer: Answer) -> None:
        """Keep the answer for those who ask again.

        It is lost in a crash between the effect and this; then the effect is read again.
        """
        async with self._uow() as uow:
            await uow.idempotency.keep_answer(key, answer)
            await uow.commit()
