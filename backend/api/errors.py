"""The one place where errors become HTTP."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from backend.api import problems
from backend.api.problems import FieldError, ProblemType, problem_response
from backend.core.errors import (
    AuthenticationError,
    ConflictError,
    DomainError,
    InvalidCursorError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
)
from backend.core.logging import get_logger

DOMAIN_PROBLEMS: dict[type[DomainError], ProblemType] = {
    AuthenticationError: problems.NOT_AUTHENTICATED,
    ConflictError: problems.CONFLICT,
    InvalidCursorError: problems.INVALID_CURSOR,
    InvalidInputError: problems.INVALID_INPUT,
    NotFoundError: problems.NOT_FOUND,
    PermissionDeniedError: problems.PERMISSION_DENIED,
    RateLimitedError: problems.RATE_LIMITED,
}
_HTTP_PROBLEMS = {
    400: problems.BAD_REQUEST,
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.TOO_LARGE,
}
_BUSY = (QueryCanceled, DeadlockDetected, LockNotAvailable)
_DATABASE_RETRY_SECONDS = "2"
_log = get_logger(__name__)


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    for error in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(error, _database_error)


async def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101  # as registered
    kind = DOMAIN_PROBLEMS[type(error)]
    headers: dict[str, str] = {}
    errors: list[FieldError] = []
    if isinstance(error, AuthenticationError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimitedError):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, InvalidInputError):
        errors = [FieldError(loc=["body", error.field], msg=error.detail, type=error.kind)]
    return problem_response(request, kind, error.detail, errors=errors, headers=headers)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # as registered
    errors = field_errors(error.errors())
    named = ", ".join(dict.fromkeys(".".join(map(str, found.loc[1:])) for found in errors))
    detail = f"Mend these and send it again: {named}." if named else None
    if any(found.type == "json_invalid" for found in errors):
        detail = f"The body is no valid JSON, beginning at character {named}."
    return problem_response(request, problems.INVALID_INPUT, detail, errors=errors)


def field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """Without the input, which may be a password."""
    return [
        FieldError(loc=list(e["loc"]), msg=e["msg"].removeprefix("Value error, "), type=e["type"])
        for e in errors
    ]


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # as registered
    kind = _HTTP_PROBLEMS.get(error.status_code) or ProblemType(
        f"http-{error.status_code}", error.status_code, error.detail, error.detail
    )
    headers = dict(error.headers or {})
    return problem_response(request, kind, headers=headers)


async def _database_error(request: Request, error: Exception) -> Response:
    _log.error("database_error", error=str(error.__cause__ or error).strip())
    headers = {"Retry-After": _DATABASE_RETRY_SECONDS}
    busy = isinstance(error, PoolTimeoutError) or isinstance(error.__cause__, _BUSY)
    detail = "The database is busy." if busy else "The database does not answer."
    return problem_response(request, problems.UNAVAILABLE, detail, headers=headers)
