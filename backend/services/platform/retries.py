"""Retries methods whose transaction the database aborted in favour of another."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from backend.core.attempts import RowChangedError, optimistic_attempt
from backend.core.errors import TransactionLostError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


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
