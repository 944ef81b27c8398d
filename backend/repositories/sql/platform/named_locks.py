"""Locks on names instead of rows: they also protect rows that do not exist yet.

They last until the transaction ends.
"""

from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession


def _key(name: str) -> ColumnElement[Any]:
    """The number that stands for the value of this parameter."""
    return func.hashtextextended(bindparam(name), text("0"))


_LOCK = select(func.pg_advisory_xact_lock(_key("name")))
_LOCK_BOTH = select(
    func.pg_advisory_xact_lock(_key("first")), func.pg_advisory_xact_lock(_key("second"))
)
IS_LOCKED = func.pg_try_advisory_xact_lock(_key("name"))
"""Lock the parameter `name`: false if somebody else has locked it."""
_TRY_LOCK = select(IS_LOCKED)


async def lock(session: AsyncSession, name: str) -> None:
    """Lock the name."""
    await session.exec(_LOCK, params={"name": name})


async def lock_both(session: AsyncSession, one: str, other: str) -> None:
    """Lock the names."""
    # In a fixed order: otherwise two requests could deadlock.
    first, second = sorted((one, other))
    await session.exec(_LOCK_BOTH, params={"first": first, "second": second})


async def try_lock(session: AsyncSession, name: str) -> bool:
    """Lock the name, or return False immediately if it is locked."""
    is_mine: bool = (await session.exec(_TRY_LOCK, params={"name": name})).one()
    return is_mine
