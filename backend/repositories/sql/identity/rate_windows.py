"""Statements on rows counted against a limit, and deleted once they no longer count."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func
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

    async def nth(
        self, of_account: tuple[str, int], of_address: tuple[str, int], since: datetime
    ) -> datetime | None:
        account = self._nth(self.counted.account_hash, *of_account, since)
        address = self._nth(self.counted.address_hash, *of_address, since)
        found: Any = await self._session.exec(select(func.coalesce(account, address)))
        moment: datetime | None = found.one()
        return moment

    def _nth(self, column: Any, wanted: str, n: int, since: datetime) -> Any:
        moment = getattr(self.counted, self.moment)
        newest = select(moment).where(column == wanted, counts(moment, since))
        return newest.order_by(moment.desc()).offset(n - 1).limit(1).scalar_subquery()


async def forget_some(
    session: AsyncSession, model: type[SQLModel], key: Mapped[UUID], which: ColumnElement[bool]
) -> None:
    # Rows that another process is deleting are skipped.
    old = select(key).where(which).limit(_PURGE_BATCH).with_for_update(skip_locked=True)
    await session.exec(delete(model).where(key.in_(old)))
