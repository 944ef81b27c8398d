"""Structured logs: JSON lines in production, readable ones in development, all to stderr.

Values bound to the context (`request_id`) are in every line, including those of libraries.
"""

import logging
import logging.config
import sys
from contextlib import suppress
from typing import Any, cast

import structlog
from structlog.types import EventDict, FilteringBoundLogger, Processor

from backend.core.config import Settings


def _drop_duplicate(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """uvicorn sends each message twice, once with colours in it."""
    event.pop("color_message", None)
    return event


_TIME = structlog.processors.TimeStamper(fmt="iso", utc=True)
_OURS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.processors.add_log_level,
    _TIME,
]
_OF_LIBRARIES: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    _drop_duplicate,
    _TIME,
]


class _Logger:
    """Writes lines to the current stderr."""

    def __init__(self, name: str) -> None:
        self.name = name

    def msg(self, line: str) -> None:
        # As in the logging module: neither a full disk nor a collector that has gone may fail a
        # request or a job.
        with suppress(OSError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


def get_logger(name: str) -> FilteringBoundLogger:
    return cast(FilteringBoundLogger, structlog.get_logger(name))


def request_id() -> str | None:
    """The id of the current request or job."""
    bound: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return bound


def configure_logging(settings: Settings) -> None:
    """Configure logging for the whole process; called once by its composition root."""
    render = _json() if settings.log_format == "json" else _console()
    # Our own lines bypass the logging module, which takes four times as long per line.
    structlog.configure(
        processors=[*_OURS, *render],
        logger_factory=_Logger,
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_library_logging(settings.log_level, render))


def _library_logging(level: str, render: list[Processor]) -> dict[str, Any]:
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        "foreign_pre_chain": _OF_LIBRARIES,
    }
    handler = {
        "class": "logging.StreamHandler",
        "formatter": "ours",
        "stream": "ext://sys.stderr",
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": formatter},
        "handlers": {"stderr": handler},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Our own middleware writes a better access log, with the request's id.
            "uvicorn.access": {"handlers": [], "propagate": False},
            "alembic": {"level": "WARNING"},
            # At INFO it repeats our lines about jobs, including their arguments.
            "procrastinate": {"level": "WARNING"},
            # The cause of a worker's end is logged already.
            "procrastinate.utils": {"level": "CRITICAL"},
            # Statements are logged by their cursor, whoever sends them.
            "sqlalchemy.engine": {"level": "WARNING"},
            "backend.statements": {"level": "DEBUG" if level == "DEBUG" else "INFO"},
        },
    }


def _json() -> list[Processor]:
    return [
        # No local variables in the log: they may contain passwords.
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
        ),
        structlog.processors.JSONRenderer(),
    ]


def _console() -> list[Processor]:
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    ]
