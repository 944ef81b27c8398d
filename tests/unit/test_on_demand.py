import asyncio
import threading
from collections.abc import Iterator

import pytest

from backend.core.on_demand import OnDemand


async def test_it_is_opened_once_and_not_on_the_event_loop() -> None:
    opened_by: list[threading.Thread] = []

    def open_it() -> object:
        opened_by.append(threading.current_thread())
        return object()

    thing = OnDemand(open_it)
    assert thing.opened is None

    first, second = await asyncio.gather(thing.get(), thing.get())

    assert first is second is thing.opened
    assert len(opened_by) == 1
    assert opened_by[0] is not threading.current_thread()


async def test_what_could_not_be_opened_is_tried_again() -> None:
    answers: Iterator[OSError | str] = iter([OSError("not yet"), "there"])

    def open_it() -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    thing = OnDemand(open_it)
    with pytest.raises(OSError, match="not yet"):
        await thing.get()

    assert await thing.get() == "there"
