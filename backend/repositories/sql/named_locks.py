"""Locks of names instead of rows: they also hold for rows that do not exist yet."""

from sqlalchemy import ColumnElement, func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession


async def lock_both(session: AsyncSession, one: str, other: str) -> None:
    """Make everybody else who locks one of the names wait until the transaction ends."""
    # In one order for everybody, or two requests could wait for each other.
    first, second = sorted((one, other))
    await session.exec(select(_lock(first), _lock(second)))


def _lock(name: str) -> ColumnElement[None]:
    return func.pg_advisory_xact_lock(func.hashtextextended(name, 0))
