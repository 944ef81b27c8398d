"""Attempts at a transaction that wait for nobody, as whoever began it can begin again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_beginner: ContextVar[asyncio.Task[Any] | None] = ContextVar("beginner", default=None)
"""The task that can begin again. Those that it starts have the variable too, and can't."""


class RowMovedError(Exception):
    """Somebody else has changed a row since it was read without a lock, or is about to.

    Nothing was written. Do it again, with a lock.
    """


def waits_for_nobody() -> bool:
    """Whether rows may be read without a lock to be changed."""
    beginner = _beginner.get()
    return beginner is not None and beginner is asyncio.current_task()


@contextmanager
def waiting_for_nobody() -> Iterator[None]:
    """What runs within it may raise RowMovedError, and has to be begun again then."""
    before = _beginner.set(asyncio.current_task())
    try:
        yield
    finally:
        _beginner.reset(before)
