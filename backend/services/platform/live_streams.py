"""What streams follow, when they wake up, and when they must end."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from backend.core.permissions import Principal
from backend.repositories.platform.unit import Channel
from backend.services.platform.wake_ups import ANYTHING, Notices, Subscription

Row = TypeVar("Row")

_MAX_SECONDS = 1.0
"""How often a waiting stream checks its session again."""


@dataclass
class Part(Generic[Row]):
    """What a stream follows: one row, or the rows that belong to one.

    Attributes:
        kind: what the row is called.
        id: of that row; the payload of its notices.
        position: of the last row that the stream has yielded. Grows with each.
        newer: returns the first rows after a position, each with its own; None once the row of the
            part is gone.
        at_once: how many rows `newer` returns at most. Fewer mean that there are no more.
    """

    channel: Channel
    kind: str
    id: UUID
    position: int
    newer: Callable[[int], Awaitable[Sequence[tuple[int, Row]] | None]]
    at_once: int = 100


@dataclass(frozen=True)
class News(Generic[Row]):
    """A row of a part; None if the part is gone."""

    part: Part[Row]
    row: Row | None


class StreamSource(Protocol):
    """One kind of parts that a stream may follow."""

    async def parts(
        self, ids: Sequence[UUID], after: Mapping[UUID, int], by: Principal
    ) -> list[Part[Any]]:
        """Return the caller's parts with these ids, each from its position in `after` on.

        A part without a position begins with what is new from now on.

        Raises:
            NotFoundError: one of them is not the caller's.
        """
        ...


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

    async def follow(
        self, parts: Iterable[Part[Row]], by: Principal
    ) -> AsyncGenerator[News[Row], None]:
        """Yield what is new in any of the parts, and whichever is gone.

        Ends when all are gone, when the caller's session ends, or when this process stops. Holds no
        connection while it waits, and queries the database only when a notice has named a part.
        """
        followed = {str(part.id): part for part in parts}
        topics = [(part.channel, payload) for payload, part in followed.items()]
        with self._notices.subscribe_to(topics) as heard:
            due = deque(followed.values())
            while followed and await self._go_on(by):
                if not due:
                    due.extend(_named(await self._hear(heard), followed))
                    continue
                part = due.popleft()
                found = await part.newer(part.position)
                if found is None:
                    del followed[str(part.id)]
                    yield News(part, None)
                    continue
                if len(found) == part.at_once:
                    # Behind the others, which shall not wait for all of it.
                    due.append(part)
                for position, row in found:
                    if not await self._go_on(by):
                        return
                    part.position = position
                    yield News(part, row)

    async def _go_on(self, by: Principal) -> bool:
        """False once the caller's session has ended, or this process is stopping."""
        if self._stopped.is_set():
            return False
        return await self._is_live(by)

    async def _hear(self, heard: Subscription) -> list[str]:
        """Wait for notices; returns none after a second, or when this process stops."""
        hearing = asyncio.ensure_future(heard.next(_MAX_SECONDS))
        stopping = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait([hearing, stopping], return_when=asyncio.FIRST_COMPLETED)
            return hearing.result() if hearing.done() else []
        finally:
            for each in (hearing, stopping):
                each.cancel()
            await asyncio.gather(hearing, stopping, return_exceptions=True)


def _named(payloads: Sequence[str], followed: Mapping[str, Part[Row]]) -> list[Part[Row]]:
    """Return the parts that notices have named; all after `ANYTHING`."""
    return [
        part for payload, part in followed.items() if payload in payloads or ANYTHING in payloads
    ]
