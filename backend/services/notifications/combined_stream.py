"""One stream for all that a page follows, as browsers open few connections to a host."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.platform.stream_positions import Positions
from backend.services.platform.live_streams import LiveStreams, News, Part, StreamSource


@dataclass(frozen=True)
class StreamEvent:
    """News, or None at the beginning; and how far the stream has then come in each part."""

    news: News[Any] | None
    positions: Positions


class CombinedStream:
    def __init__(self, streams: LiveStreams, sources: Mapping[str, StreamSource]) -> None:
        self._streams = streams
        self._sources = sources

    async def open(
        self, wanted: Mapping[str, Sequence[UUID]], after: Positions, by: Principal
    ) -> list[Part[Any]]:
        """Return the parts with the wanted ids of each source, from their positions on.

        Raises:
            NotFoundError: one of them is not the caller's.
        """
        return [
            part
            for name, ids in wanted.items()
            for part in await self._sources[name].parts(ids, after, by)
        ]

    async def events(
        self, parts: Sequence[Part[Any]], by: Principal
    ) -> AsyncGenerator[StreamEvent, None]:
        """Yield the beginning, then what is new in any of the parts.

        Whoever opens the stream again with the positions of an event gets exactly what comes after
        that event. Ends as `LiveStreams.follow` does.
        """
        positions = {part.id: part.position for part in parts}
        yield StreamEvent(None, dict(positions))
        async with aclosing(self._streams.follow(parts, by)) as followed:
            async for news in followed:
                if news.row is None:
                    del positions[news.part.id]
                else:
                    positions[news.part.id] = news.part.position
                yield StreamEvent(news, dict(positions))
