"""Attempts at a transaction that wait for nobody, as whoever began it can begin again."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_waits_for_nobody: ContextVar[bool] = ContextVar("waits_for_nobody", default=False)


class RowMovedError(Exception):
    """Somebody else has changed a row since it was read without a lock, or is about to.

    Nothing was written. Do it again, with a lock.
    """


def waits_for_nobody() -> bool:
    """Whether rows may be read without a lock to be changed."""
    return _waits_for_nobody.get()


@contextmanager
def waiting_for_nobody() -> Iterator[None]:
    """What runs within it may raise RowMovedError, and has to be begun again then."""
    before = _waits_for_nobody.set(True)
    try:
        yield
    finally:
        _waits_for_nobody.reset(before)
