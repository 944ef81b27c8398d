"""Learns early that the process is to stop.

A server waits for its open connections before it tells the application, and a stream would keep
it waiting.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told_of_stop(stopped: asyncio.Event) -> Iterator[None]:
    """Set the event at a signal to stop that somebody handles, and let them handle it."""
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
