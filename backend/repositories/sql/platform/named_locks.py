"""Locks of names instead of rows: they also hold for rows that do not exist yet.

All of them last until the transaction ends.
"""

from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession


async def lock(session: AsyncSession, name: str) -> None:
    """Make everybody else who locks the name wait."""
    await session.exec(select(_waiting(name)))


async def lock_both(session: AsyncSession, one: str, other: str) -> None:
    """Make everybody else who locks one of the names wait."""
    # In one order for everybody, or two requests could wait for each other.
    first, second = sorted((one, other))
    await session.exec(select(_waiting(first), _waiting(second)))


async def try_lock(session: AsyncSession, name: str) -> bool:
    """False at once if somebody else has locked it."""
    is_mine: bool = (await session.exec(select(func.pg_try_advisory_xact_lock(_key(name))))).one()
    return is_mine


def _waiting(name: str) -> ColumnElement[None]:
    return func.pg_advisory_xact_lock(_key(name))


def _key(name: str) -> ColumnElement[Any]:
    return func.hashtextextended(name, 0)
