from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.identity.second_factors import RecoveryCode, SecondFactor
from backend.models.platform.mixins import now


class SqlSecondFactorRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_of(self, user_id: UUID) -> SecondFactor | None:
        found = await self._session.exec(
            select(SecondFactor).where(SecondFactor.user_id == user_id)
        )
        return found.one_or_none()

    async def replace(self, factor: SecondFactor) -> None:
        await self.remove_of(factor.user_id)
        self._session.add(factor)
        await self._session.flush()

    async def use_step(self, user_id: UUID, step: int) -> bool:
        last = col(SecondFactor.last_step)
        unused = (col(SecondFactor.user_id) == user_id, last.is_(None) | (last < step))
        # A second caller waits for the first, and then finds that the step was used.
        used = update(SecondFactor).where(*unused).values(last_step=step)
        without_session = used.execution_options(synchronize_session=False)
        return (await self._session.exec(without_session)).rowcount > 0

    async def replace_recovery_codes(self, user_id: UUID, hashes: Iterable[str]) -> None:
        await self._session.exec(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
        self._session.add_all(RecoveryCode(user_id=user_id, code_hash=each) for each in hashes)
        await self._session.flush()

    async def use_recovery_code(self, user_id: UUID, code_hash: str) -> bool:
        this_one = (col(RecoveryCode.user_id) == user_id, col(RecoveryCode.code_hash) == code_hash)
        unused = col(RecoveryCode.used_at).is_(None)
        used = update(RecoveryCode).where(*this_one, unused).values(used_at=now())
        without_session = used.execution_options(synchronize_session=False)
        return (await self._session.exec(without_session)).rowcount > 0

    async def count_recovery_codes(self, user_id: UUID) -> int:
        unused = (RecoveryCode.user_id == user_id, col(RecoveryCode.used_at).is_(None))
        count = select(func.count()).select_from(RecoveryCode).where(*unused)
        return (await self._session.exec(count)).one()

    async def remove_of(self, user_id: UUID) -> None:
        for table in (RecoveryCode, SecondFactor):
            await self._session.exec(delete(table).where(col(table.user_id) == user_id))
