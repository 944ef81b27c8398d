"""Parts of a work, each as soon as what it needs is done."""

import asyncio

import pytest

from backend.services.workflows.runs.ordering import in_order


class Record:
    """Work whose parts end when they are let.

    Attributes:
        begun, ended: the names, in the order of time.
    """

    def __init__(self, *held: str) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.let = {name: asyncio.Event() for name in held}

    async def work(self, name: str) -> None:
        self.begun.append(name)
        try:
            if name in self.let:
                await self.let[name].wait()
            if name.startswith("bad"):
                raise ZeroDivisionError(name)
        finally:
            self.ended.append(name)


async def until_idle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_part_begins_when_all_that_it_needs_is_done() -> None:
    record = Record("a")
    running = asyncio.ensure_future(in_order({"c": ["a", "b"], "a": [], "b": []}, record.work))
    await until_idle()
    assert record.ended == ["b"]

    record.let["a"].set()
    await running

    assert record.begun[-1] == "c"


async def test_independent_parts_are_at_work_at_the_same_time_but_only_a_few() -> None:
    record = Record("a", "b", "c")
    running = asyncio.ensure_future(in_order({"a": [], "b": [], "c": []}, record.work, 2))
    await until_idle()
    assert record.begun == ["a", "b"]

    for each in record.let.values():
        each.set()
    await running

    assert record.ended == ["a", "b", "c"]


async def test_who_waits_for_others_takes_no_place() -> None:
    record = Record("d")
    needs = {"a": ["d"], "b": ["d"], "c": ["d"], "d": []}
    running = asyncio.ensure_future(in_order(needs, record.work, 1))
    await until_idle()
    assert record.begun == ["d"]

    record.let["d"].set()
    await asyncio.wait_for(running, 1)


async def test_the_error_of_a_part_ends_the_others_and_comes_out_as_it_is() -> None:
    record = Record("a")

    with pytest.raises(ZeroDivisionError):
        await in_order({"a": [], "bad": [], "b": ["bad"]}, record.work)

    assert sorted(record.ended) == ["a", "bad"]


async def test_cancelling_it_ends_all_that_is_at_work() -> None:
    record = Record("a", "b")
    running = asyncio.ensure_future(in_order({"a": [], "b": []}, record.work))
    await until_idle()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert sorted(record.ended) == ["a", "b"]
