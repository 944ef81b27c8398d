"""Locks on names instead of rows: they also protect rows that do not exist yet.

They last until the transaction ends.
"""

from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession


async def lock(session: AsyncSession, name: str) -> None:
    """Lock the name."""
    await session.exec(select(_waiting(name)))


async def lock_both(session: AsyncSession, one: str, other: str) -> None:
    """Lock the names."""
    # In a fixed order: otherwise two requests could deadlock.
    first, second = sorted((one, other))
    await session.exec(select(_waiting(first), _waiting(second)))


async def try_lock(session: AsyncSession, name: str) -> bool:
    """Lock the name, or return False immediately if it is locked."""
    is_mine: bool = (await session.exec(select(func.pg_try_advisory_xact_lock(_key(name))))).one()
    return is_mine


def _waiting(name: str) -> ColumnElement[None]:
    return func.pg_advisory_xact_lock(_key(name))


def _key(name: str) -> ColumnElement[Any]:
    return func.hashtextextended(name, 0)
