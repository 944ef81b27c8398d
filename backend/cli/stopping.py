"""Ends a command that runs until it is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from backend.cli.runtime import error_console


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """End the block on SIGTERM or SIGHUP like on Ctrl-C, so that its resources are closed."""

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        raise KeyboardInterrupt

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
    # An exception would get lost in uvicorn's loop, which has its own handler for SIGTERM.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    try:
        yield
    except KeyboardInterrupt:
        error_console.print("Stopped.")
