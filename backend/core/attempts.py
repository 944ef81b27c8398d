"""Optimistic attempts at a transaction: rows are read without locks, as the caller can retry."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_retrying: ContextVar[asyncio.Task[Any] | None] = ContextVar("retrying", default=None)
"""The task that can retry. The tasks that it starts inherit the variable, but can't."""


class RowChangedError(Exception):
    """A row was changed since it was read without a lock, or is locked by somebody else.

    Nothing was written. Retry with locks.
    """


def is_optimistic() -> bool:
    """Whether a row to change may be read without a lock."""
    retrying = _retrying.get()
    return retrying is not None and retrying is asyncio.current_task()


@contextmanager
def optimistic_attempt() -> Iterator[None]:
    """Within it, a transaction may raise RowChangedError; retry it outside."""
    before = _retrying.set(asyncio.current_task())
    try:
        yield
    finally:
        _retrying.reset(before)
