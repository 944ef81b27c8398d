"""Work on several things, none of which holds up the others."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Thing = TypeVar("Thing")


async def each_alone(things: Iterable[Thing], work: Callable[[Thing], Awaitable[object]]) -> None:
    """Do the work for one after another.

    Raises ExceptionGroup: what went wrong with some, once it is done for all others.
    """
    failed: list[Exception] = []
    for thing in things:
        try:
            await work(thing)
        except Exception as error:  # noqa: BLE001  # it is raised once all others are done
            failed.append(error)
    if failed:
        raise ExceptionGroup("what could not be done, after all others", failed)
