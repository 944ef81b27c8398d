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
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from backend.api.injection import Injected
from backend.api.queue_metrics import queue_registry
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
    "database_connections_open", "Connections in the pools.", multiprocess_mode="livesum"
)
CONNECTIONS_IN_USE = Gauge(
    "database_connections_in_use", "Connections taken from the pools.", multiprocess_mode="livesum"
)

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def read_metrics(jobs: Injected[JobService]) -> Response:
    content = generate_latest(_registry()) + generate_latest(await queue_registry(jobs))
    return Response(content, media_type=CONTENT_TYPE_LATEST)


def observe_pool(engine: AsyncEngine) -> None:
    """Keep the gauges of connections true."""
    listen = event.listen
    listen(engine.sync_engine, "connect", lambda *_: CONNECTIONS_OPEN.inc())
    listen(engine.sync_engine, "close", lambda *_: CONNECTIONS_OPEN.dec())
    listen(engine.sync_engine, "checkout", lambda *_: CONNECTIONS_IN_USE.inc())
    listen(engine.sync_engine, "checkin", lambda *_: CONNECTIONS_IN_USE.dec())


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    _forget_dead_workers(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types
    return registry


def _forget_dead_workers(folder: Path) -> None:
    """A worker that was killed can't take its connections off the gauges."""
    for pid in {int(file.stem.rsplit("_", 1)[1]) for file in folder.glob("gauge_livesum_*.db")}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library has no types
