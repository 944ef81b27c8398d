"""When a stream wakes up, and when it must end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

from backend.core.permissions import Principal
from backend.repositories.platform.unit import Channel
from backend.services.platform.wake_ups import Notices, Subscription

_MAX_SECONDS = 1.0
"""How often a waiting stream checks its session again."""


class LiveStreams:
    def __init__(
        self,
        is_live: Callable[[Principal], Awaitable[bool]],
        notices: Notices,
        stopped: asyncio.Event,
    ) -> None:
        """`is_live` returns whether the caller's session is live; `stopped` ends all streams."""
        self._is_live = is_live
        self._notices = notices
        self._stopped = stopped

    def subscribe(self, channel: Channel, payload: str) -> AbstractContextManager[Subscription]:
        return self._notices.subscribe(channel, payload)

    async def go_on(self, by: Principal) -> bool:
        """False once the caller's session has ended, or this process is stopping."""
        if self._stopped.is_set():
            return False
        return await self._is_live(by)

    async def hear(self, heard: Subscription) -> bool:
        """Wait for something new; False if there is nothing for a second."""
        hearing = asyncio.ensure_future(heard.next(_MAX_SECONDS))
        stopping = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait([hearing, stopping], return_when=asyncio.FIRST_COMPLETED)
            return hearing.done() and bool(hearing.result())
        finally:
            for each in (hearing, stopping):
                each.cancel()
            await asyncio.gather(hearing, stopping, return_exceptions=True)
