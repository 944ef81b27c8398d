"""Notices early that the process should stop, and interrupts work that does not end by itself.

A server waits for its open connections before it tells the application, and a stream would keep it
waiting. When its time is up, it cancels running requests without an answer.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told_of_stop(stopped: asyncio.Event) -> Iterator[None]:
    """Set the event on a handled SIGINT or SIGTERM, then call the previous handler."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    handled = {number: each for number, each in handlers.items() if callable(each)}

    def tell(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopped.set)
        handled[signal.Signals(number)](number, frame)

    for number in handled:
        signal.signal(number, tell)
    try:
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)


class Interruption:
    """Cancels running requests while there is time to answer.

    Attributes:
        working: the tasks of requests that have not begun to answer.
    """

    def __init__(self, stopped: asyncio.Event) -> None:
        """`stopped` is set when the process is asked to stop."""
        self._stopped = stopped
        self.working: set[asyncio.Task[Any]] = set()

    @property
    def is_due(self) -> bool:
        """Whether a task cancelled now is cancelled because the process stops."""
        return self._stopped.is_set()

    def interrupt(self) -> None:
        """Cancel all tracked tasks."""
        for task in self.working:
            task.cancel()
