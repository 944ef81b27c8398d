"""Retries methods whose transaction the database aborted in favour of another."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from backend.core.attempts import RowMovedError, waiting_for_nobody
from backend.core.errors import TransactionLostError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def retried(
    method: Callable[Arguments, Awaitable[Result]],
) -> Callable[Arguments, Coroutine[Any, Any, Result]]:
    """Call the method once more if its transaction was aborted, as in a deadlock.

    At first it reads a row that it changes without a lock, where that is cheaper. If somebody else
    changes the row meanwhile, it is begun anew with locks.

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
            with waiting_for_nobody():
                return await method(*args, **kwargs)
        except RowMovedError:
            return await twice(*args, **kwargs)
        except TransactionLostError:
            return await method(*args, **kwargs)

    return run
