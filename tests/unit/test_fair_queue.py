"""Whoever asks for a lot waits for themselves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from backend.core.errors import RateLimitedError, UnavailableError
from backend.core.fair_queue import FairQueue
from tests.fixtures.waiting import SECONDS


class Line:
    """Work of several clients in a queue, which ends when a test says so.

    Attributes:
        begun: the clients whose work has begun, first to last.
    """

    def __init__(self, queue: FairQueue) -> None:
        self._queue = queue
        self._ends = asyncio.Semaphore(0)
        self._tasks: list[asyncio.Task[None]] = []
        self.begun: list[str] = []

    async def add(self, *clients: str) -> asyncio.Task[None]:
        """Answers the last."""
        for client in clients:
            self._tasks.append(asyncio.ensure_future(self._work(client)))
            await _settle()
        return self._tasks[-1]

    async def end(self, count: int = 1) -> None:
        for _ in range(count):
            self._ends.release()
            await _settle()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, client: str) -> None:
        async with self._queue.turn(client):
            self.begun.append(client)
            await self._ends.acquire()


async def _settle() -> None:
    """Until nothing goes on any more by itself."""
    for _ in range(5):
        await asyncio.sleep(0)


@asynccontextmanager
async def line(
    at_once: int = 1, max_per_client: int = 10, max_waiting: int = 20
) -> AsyncIterator[Line]:
    made = Line(FairQueue(at_once, max_per_client, max_waiting))
    try:
        yield made
    finally:
        await made.close()


async def test_so_much_is_done_at_once_and_no_more() -> None:
    async with line(at_once=2) as work:
        await work.add("a", "a", "b")
        assert work.begun == ["a", "a"]

        await work.end()

        assert work.begun == ["a", "a", "b"]


async def test_clients_have_turns_however_much_one_of_them_asks_for() -> None:
    async with line() as work:
        await work.add(*"aaaaa", *"bb", "c")

        await work.end(8)

        assert "".join(work.begun) == "a" + "abc" + "ab" + "aa"


async def test_who_comes_waits_for_one_of_each_other_client() -> None:
    async with line() as work:
        await work.add(*"aaaaaaa")
        await work.end(2)

        await work.add("b")
        await work.end(2)

        assert "".join(work.begun) in {"aaaab", "aaaba"}


async def test_a_client_may_have_so_many_waiting() -> None:
    async with line(max_per_client=2) as work:
        await work.add(*"aaa")

        refused = await work.add("a")
        await work.add("b")

        assert isinstance(refused.exception(), RateLimitedError)
        await work.end(4)
        assert sorted(work.begun) == [*"aaab"]


async def test_all_together_may_have_so_many_waiting() -> None:
    async with line(max_waiting=2) as work:
        await work.add(*"abc")

        refused = await work.add("d")

        assert isinstance(refused.exception(), UnavailableError)
        await work.end(2)
        assert not (await work.add("d")).done()


async def test_work_that_fails_gives_the_turn_to_the_next() -> None:
    queue = FairQueue(1, 10, 10)

    async def fail() -> None:
        async with queue.turn("a"):
            await asyncio.sleep(0)
            raise ZeroDivisionError

    ends = await asyncio.gather(*(fail() for _ in range(3)), return_exceptions=True)

    assert [type(end) for end in ends] == [ZeroDivisionError] * 3


async def test_who_goes_away_while_waiting_loses_the_place() -> None:
    async with line() as work:
        await work.add("a")
        gone = await work.add("b")
        await work.add("c")

        gone.cancel()
        await work.end()

        assert work.begun == ["a", "c"]
        await work.end()
        await work.add("d")
        assert work.begun == ["a", "c", "d"]


async def test_who_goes_away_in_the_moment_of_the_turn_passes_it_on() -> None:
    queue = FairQueue(1, 10, 10)
    begun = asyncio.Event()

    async def work() -> None:
        async with queue.turn("a"):
            begun.set()

    async with asyncio.timeout(SECONDS):
        async with queue.turn("a"):
            gone, other = (asyncio.ensure_future(work()) for _ in range(2))
            await _settle()
        # It has the turn by now, and was not told yet.
        gone.cancel()
        await begun.wait()
        await other
        with pytest.raises(asyncio.CancelledError):
            await gone
