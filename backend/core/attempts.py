"""Methods that are called again if their transaction was lost, first without locks."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from backend.core.errors import TransactionLostError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_retrying: ContextVar[asyncio.Task[Any] | None] = ContextVar("retrying", default=None)
"""The task that can retry. The tasks that it starts inherit the variable, but can't."""


class RowChangedError(Exception):
    """A row was changed since it was read without a lock, or is locked by somebody else.

    Or the key of a request was used before.

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


def retried(
    method: Callable[Arguments, Awaitable[Result]],
) -> Callable[Arguments, Coroutine[Any, Any, Result]]:
    """Call the method once more if its transaction was aborted, as in a deadlock.

    The first attempt is optimistic: a row to change is read without a lock where that is cheaper.
    If the row is changed meanwhile, the method is called again, with locks.

    Only for methods with one unit of work and no other effects: an aborted one has written nothing.
    """

    async def twice(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return await method(*args, **kwargs)
        except TransactionLostError:
            return await method(*args, **kwargs)

    @wraps(method)
    async def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            with optimistic_attempt():
                return await method(*args, **kwargs)
        except RowChangedError:
            return await twice(*args, **kwargs)
        except TransactionLostError:
            return await method(*args, **kwargs)

    return run
