"""The state of the queues, read from the database at each scrape.

It covers all processes, so any of them can report it, and none stores it.
"""

import asyncio
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from backend.core.logging import get_logger
from backend.models.background.jobs import QueueState
from backend.services.background.jobs import JobService

_PATIENCE_SECONDS = 2
_log = get_logger(__name__)


async def queue_registry(jobs: JobService) -> CollectorRegistry:
    """Empty while the database is down, so that the other metrics are still served."""
    registry = CollectorRegistry()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            registry.register(_Queues(await jobs.queue_states()))
    except (SQLAlchemyError, TimeoutError) as error:
        _log.warning("queues_not_counted", reason=str(error.__cause__ or error).strip())
    return registry


class _Queues(Collector):
    def __init__(self, states: Iterable[QueueState]) -> None:
        self._states = list(states)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield self._gauge("jobs_waiting", "Jobs that could start now.", "waiting")
        yield self._gauge(
            "jobs_retrying",
            "Failed jobs that wait for their next attempt.",
            "retrying",
        )
        yield self._gauge("jobs_running", "Running jobs.", "running")
        yield self._gauge("jobs_failed", "Dead jobs, which an admin may retry.", "failed")
        yield self._gauge(
            "jobs_oldest_waiting_seconds",
            "How long the oldest waiting job has waited.",
            "oldest_seconds",
        )

    def _gauge(self, name: str, text: str, field: str) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(name, text, labels=["queue"])
        for state in self._states:
            gauge.add_metric([state.queue], getattr(state, field))
        return gauge
