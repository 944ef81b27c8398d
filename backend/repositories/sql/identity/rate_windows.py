"""Statements on rows counted against a limit, and deleted once they no longer count."""

from datetime import datetime, timedelta
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


async def nth_newest(
    session: AsyncSession, moment: Mapped[datetime], which: ColumnElement[bool], n: int
) -> datetime | None:
    """Return the time of the n-th newest row; None if there are fewer."""
    newest = select(moment).where(which).order_by(moment.desc()).offset(n - 1).limit(1)
    return (await session.exec(newest)).one_or_none()


async def forget_some(
    session: AsyncSession, model: type[SQLModel], key: Mapped[UUID], which: ColumnElement[bool]
) -> None:
    # Rows that another process is deleting are skipped.
    old = select(key).where(which).limit(_PURGE_BATCH).with_for_update(skip_locked=True)
    await session.exec(delete(model).where(key.in_(old)))
