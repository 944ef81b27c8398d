"""Statements on rows counted against a limit, and deleted once they no longer count."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete
from sqlalchemy.orm import Mapped
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.platform.mixins import now

_PURGE_BATCH = 100


# The largest difference of the clocks of machines.
_SKEW = timedelta(minutes=1)


def counts(moment: Mapped[datetime], since: datetime) -> ColumnElement[bool]:
    """Select rows since then, except those in the future, counted before a clock went back."""
    return and_(moment > since, moment < now() + _SKEW)


class SqlCounted:
    """Implements `CountedRepository`, for a table that has `account_hash` and `address_hash`.

    Attributes:
        counted: the table.
        moment: the column that says when a row was counted.
    """

    counted: ClassVar[Any]
    moment: ClassVar[str]
    _session: AsyncSession

    async def nth_of_account(self, account_hash: str, n: int, since: datetime) -> datetime | None:
        return await self._nth(self.counted.account_hash == account_hash, n, since)

    async def nth_of_address(self, address_hash: str, n: int, since: datetime) -> datetime | None:
        return await self._nth(self.counted.address_hash == address_hash, n, since)

    async def _nth(self, which: ColumnElement[bool], n: int, since: datetime) -> datetime | None:
        moment = getattr(self.counted, self.moment)
        newest = select(moment).where(which, counts(moment, since)).order_by(moment.desc())
        found = await self._session.exec(newest.offset(n - 1).limit(1))
        return found.one_or_none()


async def forget_some(
    session: AsyncSession, model: type[SQLModel], key: Mapped[UUID], which: ColumnElement[bool]
) -> None:
    # Rows that another process is deleting are skipped.
    old = select(key).where(which).limit(_PURGE_BATCH).with_for_update(skip_locked=True)
    await session.exec(delete(model).where(key.in_(old)))
