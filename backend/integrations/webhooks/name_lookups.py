"""Looks up the addresses of names, each in a thread of its own.

The look-ups of the event loop share few threads, of uvloop two, and those of the database and of
mail servers are among them: names whose servers do not answer would hold all of them up.
"""

import asyncio
import socket
from concurrent.futures import Future
from threading import Thread
from typing import Any

Found = list[tuple[Any, ...]]


class NameLookups:
    """One at a time for each name, so that there are at most as many threads as receivers."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, int], Future[Found]] = {}

    async def find(self, host: str, port: int) -> Found:
        """Return what `socket.getaddrinfo` does, or raise what it raises.

        Whoever is cancelled leaves the thread behind, which ends when the name server is given up.
        """
        asked = (host, port)
        running = self._running.get(asked) or self._begin(asked)
        return await asyncio.wrap_future(running)

    def _begin(self, asked: tuple[str, int]) -> Future[Found]:
        running = Future[Found]()
        # Others may share it: it can't be cancelled.
        running.set_running_or_notify_cancel()
        # The process does not wait for it at its end, as it would for those of an executor.
        Thread(target=_look_up, args=(running, *asked), name="look-up", daemon=True).start()
        self._running[asked] = running
        running.add_done_callback(lambda _: self._running.pop(asked))
        return running


def _look_up(running: Future[Found], host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is raised by those who wait
        running.set_exception(error)
    else:
        running.set_result(list(found))
