"""Statements on rows counted against a limit, and deleted once they no longer count."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.platform.mixins import now

_PURGE_BATCH = 100
# The largest difference of the clocks of machines.
_SKEW = timedelta(minutes=1)


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
        account, of_account_n = of_account
        address, of_address_n = of_address
        values = {
            "account": account,
            "newer_of_account": of_account_n - 1,
            "address": address,
            "newer_of_address": of_address_n - 1,
            "since": since,
            # Rows in the future were counted before a clock went back.
            "until": now() + _SKEW,
        }
        connection = await self._session.connection()
        found = await connection.execute(_nth_of_both(self.counted, self.moment), values)
        moment: datetime | None = found.scalar_one()
        return moment


@cache
def _nth_of_both(counted: Any, moment: str) -> Select[Any]:
    """Built once, as each sign-in runs it twice."""
    account = _nth(counted.account_hash, "account", getattr(counted, moment))
    address = _nth(counted.address_hash, "address", getattr(counted, moment))
    return select(func.coalesce(account, address))


def _nth(column: Any, of: str, moment: Any) -> Any:
    is_counted = (
        column == bindparam(of),
        moment > bindparam("since"),
        moment < bindparam("until"),
    )
    newest = select(moment).where(*is_counted).order_by(moment.desc())
    return newest.offset(bindparam(f"newer_of_{of}")).limit(1).scalar_subquery()


async def forget_some(
    session: AsyncSession, model: type[SQLModel], key: Mapped[UUID], which: ColumnElement[bool]
) -> None:
    # Rows that another process is deleting are skipped.
    old = select(key).where(which).limit(_PURGE_BATCH).with_for_update(skip_locked=True)
    await session.exec(delete(model).where(key.in_(old)))
