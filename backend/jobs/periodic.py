"""A procrastinate worker that keeps running periodic tasks after the clock was changed."""

from collections.abc import Iterable

from procrastinate.periodic import PeriodicDeferrer, TaskAtTime
from procrastinate.worker import Worker


class SteadyDeferrer(PeriodicDeferrer):
    """Resets its record of deferred tasks when the clock has jumped.

    Procrastinate 3.10 continues after the tick that it deferred last. After the clock went back,
    nothing is deferred until it has caught up, possibly for years; after it went forward, or the
    machine was asleep, every tick in between is deferred.
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
