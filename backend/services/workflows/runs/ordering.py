"""Runs parts in dependency order, a few at the same time."""

import asyncio
from collections.abc import Awaitable, Callable

from backend.models.platform.graphs import Needs

MAX_PARALLEL = 4


async def in_order(
    needs: Needs, work: Callable[[str], Awaitable[None]], max_parallel: int = MAX_PARALLEL
) -> None:
    """Raises the first error of a part, once the others have been cancelled and have ended."""
    done = {name: asyncio.Event() for name in needs}
    slots = asyncio.Semaphore(max_parallel)

    async def do(name: str) -> None:
        for needed in needs[name]:
            await done[needed].wait()
        async with slots:
            await work(name)
        done[name].set()

    try:
        async with asyncio.TaskGroup() as group:
            for name in needs:
                group.create_task(do(name))
    except BaseExceptionGroup as errors:
        # The others, if any, failed at the same moment.
        raise errors.exceptions[0] from errors
