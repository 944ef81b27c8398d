"""Work that is brought to its end, although whoever waits for it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def completed(work: Coroutine[Any, Any, Result]) -> Result:
    """Return its result. Who is cancelled meanwhile, however often, waits for its end first.

    For what must be written down of work that was done, as when the process stops. Keep it short.
    """
    working = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait([working])
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        raise interruption from working.exception()
    return working.result()
