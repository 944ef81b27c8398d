"""Prometheus metrics of this process, or of all workers where `mvp serve` started several."""

import os
from pathlib import Path

from fastapi import APIRouter, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from backend.api.injection import Injected
from backend.api.queue_metrics import queue_registry
from backend.core.database import Database
from backend.services.background.jobs import JobService

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types

REQUESTS = Counter("http_requests_total", "Requests answered.", ("method", "route", "status"))
REQUEST_SECONDS = Histogram(
    "http_request_duration_seconds",
    "Time from the first byte of the request to the last of the answer.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
CONNECTIONS_OPEN = Gauge(
    "database_connections_open", "Connections to the database.", multiprocess_mode="livesum"
)
CONNECTIONS_IN_USE = Gauge(
    "database_connections_in_use", "Connections in use.", multiprocess_mode="livesum"
)

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def read_metrics(jobs: Injected[JobService]) -> Response:
    content = generate_latest(_registry()) + generate_latest(await queue_registry(jobs))
    return Response(content, media_type=CONTENT_TYPE_LATEST)


def observe_connections(database: Database) -> None:
    """Keep the gauges of connections up to date."""
    database.observe(CONNECTIONS_OPEN.inc, CONNECTIONS_IN_USE.inc)


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    _forget_dead_workers(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types
    return registry


def _forget_dead_workers(folder: Path) -> None:
    """A killed worker can't remove its connections from the gauges."""
    for pid in {int(file.stem.rsplit("_", 1)[1]) for file in folder.glob("gauge_livesum_*.db")}:
        try:
            os.kill(pid, 0)
        # Another user's: the id was given to another process, as all workers have the same user.
        except (ProcessLookupError, PermissionError):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library has no types
