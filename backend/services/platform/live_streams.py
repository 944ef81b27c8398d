"""What streams go by: notices, the session of who follows, and whether the process stops."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

from backend.core.permissions import Principal
from backend.repositories.platform.unit import Channel
from backend.services.platform.wake_ups import Notices, Subscription

_MAX_SECONDS = 1.0
"""Until it is looked whether the session has ended."""


class LiveStreams:
    def __init__(
        self,
        is_live: Callable[[Principal], Awaitable[bool]],
        notices: Notices,
        stopped: asyncio.Event,
    ) -> None:
        """`is_live` answers whether the caller's session goes on; `stopped` ends all streams."""
        self._is_live = is_live
        self._notices = notices
        self._stopped = stopped

    def subscribe(self, channel: Channel, payload: str) -> AbstractContextManager[Subscription]:
        return self._notices.subscribe(channel, payload)

    async def go_on(self, by: Principal) -> bool:
        """False once the session of the caller has ended, or this process is to stop."""
        if self._stopped.is_set():
            return False
        return await self._is_live(by)

    async def hear(self, heard: Subscription) -> bool:
        """Wait until there is something to look at; False if there is nothing for a second."""
        hearing = asyncio.ensure_future(heard.next(_MAX_SECONDS))
        stopping = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait([hearing, stopping], return_when=asyncio.FIRST_COMPLETED)
            return hearing.done() and bool(hearing.result())
        finally:
            for each in (hearing, stopping):
                each.cancel()
            await asyncio.gather(hearing, stopping, return_exceptions=True)
