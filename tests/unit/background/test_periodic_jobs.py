"""What is done by the clock, when the clock is set."""

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from backend.jobs.periodic import SteadyDeferrer, SteadyWorker

NOON = 1_800_000_000.0
HOUR = 3_600.0


def deferrer() -> SteadyDeferrer:
    """Of a task that is due every ten seconds."""
    app = App(connector=InMemoryConnector())

    @app.periodic(cron="* * * * * */10")
    @app.task(name="tick")
    async def tick(timestamp: int) -> None:
        """Never run."""

    return SteadyDeferrer(app.periodic_registry)


def ticks(of: SteadyDeferrer, at: float) -> list[int]:
    return [timestamp for _, timestamp in of.get_previous_tasks(at=at)]


def test_each_tick_comes_once() -> None:
    clock = deferrer()

    found = [ticks(clock, NOON + seconds) for seconds in (0.1, 5, 10.1, 30.1)]

    assert found == [[NOON], [], [NOON + 10], [NOON + 20, NOON + 30]]


def test_after_the_clock_went_back_it_goes_on_at_once() -> None:
    clock = deferrer()
    ticks(clock, NOON)

    assert ticks(clock, NOON - HOUR + 0.1) == [NOON - HOUR]
    assert ticks(clock, NOON - HOUR + 10.1) == [NOON - HOUR + 10]


def test_what_was_due_while_the_machine_was_asleep_comes_once() -> None:
    clock = deferrer()
    ticks(clock, NOON)

    assert ticks(clock, NOON + 24 * HOUR + 0.1) == [NOON + 24 * HOUR]


async def test_the_worker_goes_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It replaces a private method of the library, which might be called otherwise one day."""
    begun = []

    async def note(self: SteadyDeferrer) -> None:
        begun.append(self)

    monkeypatch.setattr(SteadyDeferrer, "worker", note)
    app = App(connector=InMemoryConnector())
    async with app.open_async():
        await SteadyWorker(app, wait=False).run()  # type: ignore[no-untyped-call]  # as it is

    assert len(begun) == 1
