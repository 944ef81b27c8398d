"""Statements on rows that are counted against a limit, and forgotten once they count no longer."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete
from sqlalchemy.orm import Mapped
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.platform.mixins import now

_PURGE_BATCH = 100


# By which the clocks of machines differ at most.
_SKEW = timedelta(minutes=1)


def counts(moment: Mapped[datetime], since: datetime) -> ColumnElement[bool]:
    """What was since then; not what lies ahead, as it was counted before a clock went back."""
    return and_(moment > since, moment < now() + _SKEW)


async def nth_newest(
    session: AsyncSession, moment: Mapped[datetime], which: ColumnElement[bool], n: int
) -> datetime | None:
    """When the n-th newest of some rows was; None if there are fewer."""
    newest = select(moment).where(which).order_by(moment.desc()).offset(n - 1).limit(1)
    return (await session.exec(newest)).one_or_none()


async def forget_some(
    session: AsyncSession, model: type[SQLModel], key: Mapped[UUID], which: ColumnElement[bool]
) -> None:
    # Those that somebody else is just forgetting are left to them.
    old = select(key).where(which).limit(_PURGE_BATCH).with_for_update(skip_locked=True)
    await session.exec(delete(model).where(key.in_(old)))
