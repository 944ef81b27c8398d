"""The data of a stream of server-sent events.

More lenient than OpenAI's client: a byte order mark and a missing empty line at the end lose no
event, empty events are keep-alives, and a JSON body is one event.
"""

import codecs
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import NamedTuple

from httpx2 import Response

MAX_BYTES = 64 * 1024 * 1024
"""The limit of one answer: more than any model writes."""

_LINE_END = re.compile("\r\n|\r|\n")


class Event(NamedTuple):
    name: str
    data: str


class TooLongError(Exception):
    """The answer has more than `MAX_BYTES`."""


class EventReader:
    """Parses the text of a stream in arbitrary pieces."""

    def __init__(self) -> None:
        self._begun: list[str] = []
        self._is_after_return = False
        self._name = ""
        self._data: list[str] = []

    def feed(self, text: str) -> Iterator[Event]:
        """Yield the events that end within `text`."""
        if self._is_after_return:
            text = text.removeprefix("\n")
        self._is_after_return = text.endswith("\r")
        first, *others = _LINE_END.split(text)
        self._begun.append(first)
        for line in others:
            yield from self._take("".join(self._begun))
            self._begun = [line]

    def end(self) -> Iterator[Event]:
        """Return the last event, if no empty line followed it."""
        yield from self._take("".join(self._begun))
        yield from self._take("")

    def _take(self, line: str) -> Iterator[Event]:
        if not line:
            name, data = self._name, "\n".join(self._data)
            self._name, self._data = "", []
            if data.strip():
                yield Event(name, data)
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._name = value


async def events_of(response: Response) -> AsyncGenerator[Event]:
    """
    Raises:
        TooLongError: it is longer than any answer.
        httpx2.HTTPError: the connection has failed.
    """
    texts = _texts(response)
    if "json" in response.headers.get("content-type", ""):
        body = "".join([text async for text in texts])
        yield Event("", body)
        return
    reader = EventReader()
    async for text in texts:
        for event in reader.feed(text):
            yield event
    for event in reader.end():
        yield event


async def _texts(response: Response) -> AsyncIterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > MAX_BYTES:
            raise TooLongError
        if text := decoder.decode(chunk):
            yield text
    yield decoder.decode(b"", final=True)
