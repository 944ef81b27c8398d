"""Logs and counts each attempt."""

from time import perf_counter
from typing import Any

from procrastinate import JobContext
from procrastinate.exceptions import JobAborted
from procrastinate.middleware import AsyncCallNext
from procrastinate.worker import Worker
from prometheus_client import Counter, Histogram
from structlog.contextvars import bound_contextvars

from backend.core.logging import get_logger
from backend.jobs.attempts import HandedBackError

RUNS = Counter("job_attempts_total", "Attempts of jobs, by how they ended.", ("task", "outcome"))
RUN_SECONDS = Histogram(
    "job_attempt_duration_seconds",
    "Time from the start of an attempt to its end.",
    ("task",),
    buckets=(0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800),
)
_log = get_logger("backend.jobs")


async def observe(call_next: AsyncCallNext, context: JobContext, _worker: Worker) -> Any:
    """Bind `request_id` as a request does, so that events and log lines identify the job."""
    job = context.job
    outcome, error = "completed", None
    # Jobs with a queueing lock are periodic: many lines, few of interest.
    tell = _log.info if job.queueing_lock is None else _log.debug
    with bound_contextvars(request_id=f"job-{job.id}"):
        facts = {"job": job.id, "task": job.task_name, "queue": job.queue}
        facts["attempt"] = job.attempts + 1
        tell("job_started", **facts)
        started = perf_counter()
        try:
            return await call_next()
        except BaseException as ended_by:
            outcome, error = _outcome(ended_by), ended_by
            raise
        finally:
            seconds = perf_counter() - started
            RUNS.labels(job.task_name, outcome).inc()
            RUN_SECONDS.labels(job.task_name).observe(seconds)
            milliseconds = round(seconds * 1000, 1)
            if outcome == "failed":
                _log.warning("job_failed", **facts, milliseconds=milliseconds, error=_line(error))
            else:
                tell(f"job_{outcome}", **facts, milliseconds=milliseconds)


def _outcome(error: BaseException) -> str:
    if isinstance(error, HandedBackError):
        return "handed_back"
    return "cancelled" if isinstance(error, JobAborted) else "failed"


def _line(error: BaseException | None) -> str:
    """The traceback is stored with the job, and logged once the job is dead."""
    return f"{type(error).__name__}: {error}"
