"""Procrastinate's worker, made to go on with what is done by the clock after the clock was set."""

from collections.abc import Iterable

from procrastinate.periodic import PeriodicDeferrer, TaskAtTime
from procrastinate.worker import Worker


class SteadyDeferrer(PeriodicDeferrer):
    """Forgets what it has deferred when the clock has jumped.

    Procrastinate 3.10 goes on behind the tick that it has deferred last. After the clock went back
    nothing is deferred before it has caught up, for years if need be; after it went ahead, or the
    machine was asleep, every tick in between is.
    """

    _looked_at: float | None = None

    def get_previous_tasks(self, at: float) -> Iterable[TaskAtTime]:
        if self._looked_at is not None and not 0 <= at - self._looked_at <= self.max_delay:
            self.last_defers.clear()
        self._looked_at = at
        return super().get_previous_tasks(at)


class SteadyWorker(Worker):
    async def _periodic_deferrer(self) -> None:
        deferrer = SteadyDeferrer(self.app.periodic_registry, **self.app.periodic_defaults)
        await deferrer.worker()
