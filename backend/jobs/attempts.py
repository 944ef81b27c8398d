"""Wraps an attempt: determines why it was cancelled, and records its error."""

import asyncio
import traceback
from typing import Any

from procrastinate import JobContext
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.middleware import AsyncCallNext, WorkerMiddleware
from procrastinate.worker import Worker
from sqlalchemy.exc import SQLAlchemyError

from backend.core.logging import get_logger
from backend.core.storable import storable
from backend.models.background.jobs import JobFailure
from backend.services.background.jobs import JobService

_MAX_FRAMES = 20
_MAX_CHARACTERS = 8_000
_log = get_logger(__name__)


class HandedBackError(JobAborted):
    """The worker is stopping: another runs the job, and this attempt does not count."""


class CancelledByItselfError(Exception):
    """A task was cancelled without a request of a user or the worker."""


def telling_why_cancelled(jobs: JobService) -> WorkerMiddleware:
    """Procrastinate would retry a job cancelled by a user, and lose one when a worker stops."""

    async def tell(call_next: AsyncCallNext, context: JobContext, _worker: Worker) -> Any:
        try:
            return await call_next()
        except asyncio.CancelledError as error:
            match context.abort_reason():
                case AbortReason.USER_REQUEST:
                    raise JobAborted from error
                case AbortReason.SHUTDOWN:
                    await _forgive(jobs, context)
                    raise HandedBackError from error
                case None:
                    raise CancelledByItselfError("the task was cancelled from inside") from error

    return tell


def keeping_failures(jobs: JobService) -> WorkerMiddleware:
    """Procrastinate does not store errors."""

    async def keep(call_next: AsyncCallNext, context: JobContext, _worker: Worker) -> Any:
        try:
            return await call_next()
        except JobAborted:
            raise
        except Exception as error:
            await _keep(jobs, context, error)
            raise

    return keep


async def _forgive(jobs: JobService, context: JobContext) -> None:
    try:
        await jobs.forgive_attempt(job_id_of(context))
    except SQLAlchemyError as error:
        _log.warning("attempt_counts", reason=str(error.__cause__ or error).strip())


async def _keep(jobs: JobService, context: JobContext, error: Exception) -> None:
    failure = JobFailure(
        job_id=job_id_of(context), attempts=context.job.attempts + 1, error=_text_of(error)
    )
    try:
        await jobs.keep_failure(failure)
    except SQLAlchemyError as broken:
        _log.warning("failure_not_kept", reason=str(broken.__cause__ or broken).strip())


def _text_of(error: Exception) -> str:
    """Return the traceback as Python prints it, without local variables, cut at the beginning."""
    lines = traceback.format_exception(error, limit=-_MAX_FRAMES)
    return storable("".join(lines)[-_MAX_CHARACTERS:])


def job_id_of(context: JobContext) -> int:
    job_id = context.job.id
    if job_id is None:
        raise RuntimeError("a running job has an id")
    return job_id
