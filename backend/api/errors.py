"""The one place where errors become HTTP."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from psycopg.errors import (
    DeadlockDetected,
    LockNotAvailable,
    QueryCanceled,
    ReadOnlySqlTransaction,
)
from sqlalchemy.exc import (
    DataError,
    InterfaceError,
    InternalError,
    OperationalError,
    TimeoutError as PoolTimeoutError,
)
from starlette.exceptions import HTTPException
from starlette.routing import Match

from backend.api import problems
from backend.api.bodies import BodyRefusedError
from backend.api.domain_problems import DOMAIN_PROBLEMS, errors_of, headers_of, members_of
from backend.api.etags import REVALIDATED, NotModified
from backend.api.problems import FieldError, ProblemType, problem_response
from backend.api.ranges import RangeNotSatisfiable
from backend.core.errors import DomainError, fault_in_words
from backend.core.logging import get_logger
from backend.core.storable import storable

_HTTP_PROBLEMS = {
    400: problems.BAD_REQUEST,
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.TOO_LARGE,
    503: problems.UNAVAILABLE,
}
_SAYS_WHY = (problems.BAD_REQUEST, problems.UNAVAILABLE)
_BUSY = (DeadlockDetected, LockNotAvailable)
_DATABASE_RETRY_SECONDS = "2"
_MAX_ERRORS = 20
_NOT_SENT_AS_JSON = {
    "type": "content_type",
    "loc": ("header", "Content-Type"),
    "msg": "Send the body as JSON, with Content-Type: application/json.",
}
_LONGEST_NAME = 100
_LONGEST_TEXT = 500
_log = get_logger(__name__)


Handled = TypeVar("Handled", bound=Exception)


def add_error_handlers(app: FastAPI) -> None:
    _handle(app, DomainError, _domain_error)
    _handle(app, NotModified, _not_modified)
    _handle(app, RangeNotSatisfiable, _range_not_satisfiable)
    _handle(app, RequestValidationError, _validation_error)
    _handle(app, BodyRefusedError, _body_refused)
    _handle(app, HTTPException, _http_error)
    _handle(app, DataError, _data_error)
    for error in (OperationalError, InterfaceError, PoolTimeoutError):
        _handle(app, error, _database_error)
    _handle(app, InternalError, _internal_error)


def _handle(
    app: FastAPI,
    error: type[Handled],
    handler: Callable[[Request, Handled], Awaitable[Response]],
) -> None:
    """Starlette's type lets a handler take any error; it is called with its own class alone."""
    app.add_exception_handler(error, handler)  # type: ignore[arg-type]  # as the docstring says


async def _domain_error(request: Request, error: DomainError) -> Response:
    kind = DOMAIN_PROBLEMS[type(error)]
    return problem_response(
        request,
        kind,
        error.detail,
        errors=errors_of(error),
        headers=headers_of(error),
        members=members_of(error),
    )


async def _not_modified(_: Request, error: NotModified) -> Response:
    headers = {"ETag": error.etag, "Cache-Control": REVALIDATED}
    return Response(status_code=304, headers=headers)


async def _range_not_satisfiable(request: Request, error: RangeNotSatisfiable) -> Response:
    headers = {"Content-Range": f"bytes */{error.size}"}
    return problem_response(request, problems.RANGE_NOT_SATISFIABLE, headers=headers)


async def _validation_error(request: Request, error: RequestValidationError) -> Response:
    return _invalid_input(request, [_with_type_to_send(each) for each in error.errors()])


def _with_type_to_send(error: Any) -> Any:
    """FastAPI validates a body as it came if its Content-Type is not JSON's."""
    if error["loc"] == ("body",) and isinstance(error.get("input"), bytes):
        return _NOT_SENT_AS_JSON
    return error


async def _body_refused(request: Request, error: BodyRefusedError) -> Response:
    return _invalid_input(request, error.errors)


def _invalid_input(request: Request, found: Sequence[Any]) -> Response:
    errors = field_errors(found[:_MAX_ERRORS])
    named = ", ".join(dict.fromkeys(".".join(map(str, each.loc[1:])) for each in errors))
    detail = (
        f"Correct these fields and send the request again: {named[:_LONGEST_TEXT]}."
        if named
        else None
    )
    if errors and not named:
        detail = f"{errors[0].loc[0]}: {errors[0].msg}"
    if any(each.type == "json_invalid" for each in errors):
        detail = f"The body is not valid JSON (at character {named})."
    elif len(found) > _MAX_ERRORS:
        detail = f"{detail} These are the first {_MAX_ERRORS} of {len(found):,} errors."
    return problem_response(request, problems.INVALID_INPUT, detail, errors=errors)


def field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """Leave out the input, which may be a password.

    Names chosen by the caller may be long, or contain what no answer can (lone surrogates).
    """
    return [
        FieldError(
            loc=[part if isinstance(part, int) else _short(part) for part in each["loc"]],
            msg=fault_in_words(each)[:_LONGEST_TEXT],
            type=each["type"],
        )
        for each in errors
    ]


def _short(name: str) -> str:
    return storable(name[:_LONGEST_NAME])


async def _http_error(request: Request, error: HTTPException) -> Response:
    kind = _HTTP_PROBLEMS.get(error.status_code) or ProblemType(
        f"http-{error.status_code}", error.status_code, error.detail, error.detail
    )
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = ", ".join(_methods_of(request))
    detail = error.detail if kind in _SAYS_WHY else None
    return problem_response(request, kind, detail, headers=headers)


def _methods_of(request: Request) -> list[str]:
    """The methods of all routes with the path: the router itself names those of the first only."""
    contexts = iter_route_contexts(request.app.routes)
    matching = (each for each in contexts if each.matches(request.scope)[0] is not Match.NONE)
    methods = {method for each in matching for method in each.methods or ()}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


async def _data_error(request: Request, error: Exception) -> Response:
    """A value that passed our checks but not the database's: a check is missing."""
    _log.error("data_error", error=str(error.__cause__ or error).strip())
    return problem_response(request, problems.BAD_REQUEST, "A value is out of range.")


async def _internal_error(request: Request, error: InternalError) -> Response:
    """Of these, one is no mistake: the server is a standby by now, or has no space left."""
    if isinstance(error.orig, ReadOnlySqlTransaction):
        return await _database_error(request, error)
    raise error


async def _database_error(request: Request, error: Exception) -> Response:
    _log.error("database_error", error=str(error.__cause__ or error).strip())
    headers = {"Retry-After": _DATABASE_RETRY_SECONDS}
    detail = "The database does not answer."
    if isinstance(error.__cause__, QueryCanceled):
        detail = "The database took too long. Request less at a time, or try again later."
    elif isinstance(error, PoolTimeoutError) or isinstance(error.__cause__, _BUSY):
        detail = "The database is busy."
    elif isinstance(error.__cause__, ReadOnlySqlTransaction):
        detail = "The database takes no changes now."
    return problem_response(request, problems.UNAVAILABLE, detail, headers=headers)
