"""The answers that this process is writing, whether or not a client is waiting."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

from backend.core.errors import DomainError, ModelUnavailableError
from backend.core.logging import get_logger
from backend.models.assistant.chat_messages import ChatMessage
from backend.models.assistant.message_parts import TextPart
from backend.services.assistant.language_models import AnswerEvent, TextDelta

INTERRUPTED = "The answer was interrupted. Regenerate it."
_RETRY_SECONDS = 5
_log = get_logger(__name__)


class LiveAnswer:
    """An answer for one listener, who may disconnect: it is completed anyway."""

    def __init__(self, message: ChatMessage) -> None:
        """`message` is the row as it was when the answer began."""
        self.message = message
        self._events: asyncio.Queue[AnswerEvent | None] = asyncio.Queue()
        self._task: asyncio.Task[ChatMessage] | None = None

    @classmethod
    def of_kept(cls, message: ChatMessage) -> "LiveAnswer":
        """Wrap an answer that is already complete."""
        reply = cls(message)
        for part in message.parts:
            reply.put(TextDelta(part.text) if isinstance(part, TextPart) else part)
        reply.end()
        return reply

    def put(self, event: AnswerEvent) -> None:
        self._events.put_nowait(event)

    def end(self) -> None:
        self._events.put_nowait(None)

    def write(self, task: asyncio.Task[ChatMessage]) -> None:
        """End the events when the task ends, whatever its outcome."""
        self._task = task
        task.add_done_callback(lambda _: self.end())

    async def whole(self) -> ChatMessage:
        """Wait for the message to be complete.

        Raises:
            ModelUnavailableError: the process is stopping.
            Exception: the error of the answer.
        """
        if self._task is None:
            return self.message
        await asyncio.wait({self._task})
        if self._task.cancelled():
            raise ModelUnavailableError(INTERRUPTED, _RETRY_SECONDS)
        return self._task.result()

    async def events(self) -> AsyncGenerator[AnswerEvent, None]:
        """Yield events until the end. Then `whole` returns the outcome."""
        while (event := await self._events.get()) is not None:
            yield event


class LiveAnswers:
    """Work that continues after the request that started it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def close(self) -> None:
        """Interrupt running work, and wait until its state is stored."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, DomainError):
            _log.error("reply_failed", exc_info=error)
