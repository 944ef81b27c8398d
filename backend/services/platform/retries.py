"""Doing again what the database gave up in favour of somebody else's transaction."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from backend.core.errors import TransactionLostError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def retried(
    method: Callable[Arguments, Awaitable[Result]],
) -> Callable[Arguments, Coroutine[Any, Any, Result]]:
    """Call the method once more if its transaction was lost, as in a deadlock.

    Only for methods that have one unit of work and no effect outside it: what was lost has then
    written nothing.
    """

    @wraps(method)
    async def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return await method(*args, **kwargs)
        except TransactionLostError:
            return await method(*args, **kwargs)

    return run
