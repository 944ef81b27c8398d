"""Keeps a worker process from outliving the process that started it."""

import os
import signal
import threading
import time

PARENT_VARIABLE = "MVP_PARENT_PID"
_POLL_SECONDS = 0.5


def stop_with_parent(grace_seconds: float) -> None:
    """In a worker: stop cleanly once the parent is gone, and forcibly after the grace period.

    A killed parent can't tell its workers, which would keep serving for ever.
    """
    parent = os.environ.get(PARENT_VARIABLE)
    if parent is not None and int(parent) != os.getpid():
        watch = threading.Thread(
            target=_watch, args=(int(parent), grace_seconds), name="watch-parent", daemon=True
        )
        watch.start()


def _watch(parent: int, grace_seconds: float) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_seconds)
    os._exit(1)
