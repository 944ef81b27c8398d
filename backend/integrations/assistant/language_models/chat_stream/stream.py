"""Normalises a streamed response of any provider."""

import asyncio
import json
from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelConnectionError,
    ModelTimeoutError,
)
from pydantic_ai.usage import RequestUsage

from backend.integrations.assistant.language_models.chat_stream.calls import Call, Calls
from backend.integrations.assistant.language_models.chat_stream.chunks import Chunk, chunk_of
from backend.integrations.assistant.language_models.chat_stream.endings import Ending, ending_of
from backend.integrations.assistant.language_models.chat_stream.events import (
    Event,
    TooLongError,
    events_of,
)
from backend.integrations.assistant.language_models.chat_stream.failures import failure
from backend.integrations.assistant.language_models.chat_stream.surrogates import Halves
from backend.integrations.assistant.language_models.chat_stream.thoughts import (
    Spoken,
    Thought,
    Thoughts,
)
from backend.integrations.assistant.language_models.chat_stream.usage import ToldUsage, estimated

_DONE = "[DONE]"
_DRAIN_SECONDS = 0.1


@dataclass(frozen=True)
class CallBegun:
    """A tool is about to be called: `call` is still incomplete."""

    call: Call


@dataclass(frozen=True)
class Called:
    """A complete call."""

    call: Call


Piece = Spoken | CallBegun | Called


@dataclass
class ChatStream:
    """Reads the response to one request.

    Attributes:
        model: the name that the provider gives it.
        tools: the names of the offered ones.
        taken: ids already used by other calls.
        tells_usage: whether the provider reported the usage of an earlier step.
        ending: how it ended; None before the end.
        reason: why, in the provider's word.
        refusal: the text sent instead of an answer.
    """

    response: httpx2.Response
    model: str
    tools: Collection[str] = ()
    taken: Collection[str] = ()
    tells_usage: bool = False
    ending: Ending | None = None
    reason: str = ""
    refusal: str = ""
    _is_over: bool = False
    _written: int = 0
    _usage: ToldUsage = field(default_factory=ToldUsage)
    _thoughts: Thoughts = field(default_factory=Thoughts)
    _said: Halves = field(default_factory=Halves)
    _thought: Halves = field(default_factory=Halves)

    @property
    def is_estimated(self) -> bool:
        """Whether the usage is estimated, so that limits apply without the provider's."""
        is_whole = self.ending is not None
        return self._is_over and not (is_whole and (self._usage.is_told or self.tells_usage))

    @property
    def usage(self) -> RequestUsage:
        """Return the usage as reported by the provider, or estimated after the end."""
        told = self._usage.told()
        if self.is_estimated:
            # If a response breaks off, only part of its usage may have been reported.
            read = estimated(len(self.response.request.content))
            told.input_tokens = told.input_tokens or read
            told.output_tokens = max(told.output_tokens, estimated(self._written))
        return told

    async def pieces(self) -> AsyncGenerator[Piece]:
        """Yield all events. Text before an error is yielded before the error is raised.

        Raises:
            ModelAPIError, ContentFilterError: the provider reports an error, or breaks off.
        """
        calls = Calls(self.tools, self.taken)
        try:
            async with aclosing(self._chunks()) as chunks:
                async for chunk in chunks:
                    for piece in self._read(chunk, calls):
                        yield piece
        except (AgentRunError, httpx2.HTTPError, httpx2.StreamError, TooLongError) as error:
            for spoken in self._rest():
                yield spoken
            if self.ending is None or isinstance(error, AgentRunError):
                raise self._domain_error(error) from error
        finally:
            self._is_over = True
        for spoken in self._rest():
            yield spoken
        self._check_ending()
        for call in calls.all:
            if self.ending is Ending.LENGTH and not call.has_arguments:
                call.cut_off()
            yield Called(call)

    async def _chunks(self) -> AsyncGenerator[Chunk]:
        """Raises ModelAPIError for an invalid chunk."""
        async with aclosing(events_of(self.response)) as events:
            async for event in events:
                if event.data.strip().startswith(_DONE):
                    self.ending = self.ending or Ending.COMPLETE
                    await _drain(events)
                    return
                yield self._chunk(event)

    def _chunk(self, event: Event) -> Chunk:
        try:
            data: Any = json.loads(event.data)
        except (ValueError, RecursionError) as error:
            raise ModelAPIError(self.model, f"It sent invalid JSON: {event.data[:200]}") from error
        if event.name == "error":
            raise failure(self.model, data.get("error", data) if isinstance(data, dict) else data)
        return chunk_of(data)

    def _read(self, chunk: Chunk, calls: Calls) -> Iterator[Piece]:
        for told in chunk.usages:
            self._usage.take(told)
        self.model = chunk.model or self.model
        self.refusal += chunk.refusal
        for words in chunk.words:
            self._written += len(words.text.encode("utf-8", "surrogatepass"))
            if words.thought_in is None:
                yield from self._thoughts.feed(self._said.feed(words.text))
            elif text := self._thought.feed(words.text):
                yield Thought(text, words.thought_in)
        for piece in chunk.calls:
            self._written += len(piece.arguments)
            before = len(calls.all)
            call = calls.take(piece)
            if len(calls.all) > before and call.tool in self.tools:
                yield CallBegun(call)
        # After such an end, an error adds no information; OpenRouter sends one.
        if chunk.error and self.ending not in (Ending.LENGTH, Ending.FILTERED):
            raise failure(self.model, chunk.error)
        if ending := ending_of(chunk.reason):
            self.ending, self.reason = ending, chunk.reason

    def _rest(self) -> Iterator[Spoken]:
        """Yield what was held back."""
        yield from self._thoughts.feed(self._said.end())
        yield from self._thoughts.end()

    def _check_ending(self) -> None:
        if self.refusal:
            self.ending = Ending.FILTERED
        if self.ending is None:
            told = "It broke off: without a reason or [DONE]."
            raise ModelConnectionError(self.model, told, phase="read")
        if self.ending is Ending.FAILED:
            raise failure(self.model, {"code": self.reason})

    def _domain_error(self, error: Exception) -> Exception:
        match error:
            case AgentRunError():
                return error
            case TooLongError():
                return ModelAPIError(self.model, "It does not end.")
            case httpx2.TimeoutException():
                return ModelTimeoutError(self.model, str(error), phase="read")
        return ModelConnectionError(self.model, str(error), phase="read")


async def _drain(events: AsyncGenerator[Event]) -> None:
    """Read to the end, so that the connection can be used again."""
    with suppress(TimeoutError, TooLongError, httpx2.HTTPError, httpx2.StreamError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in events:
                pass
