"""Maps each domain error to a problem, with additional fields of the response."""

from typing import Any

from fastapi import Request

from backend.api import problems
from backend.api.etags import etag_of
from backend.api.problems import FieldError, Problem, ProblemType, problem_of
from backend.core.errors import (
    AuthenticationError,
    BulkRefusedError,
    ConflictError,
    DomainError,
    InvalidCursorError,
    InvalidInputError,
    KeyReusedError,
    LimitReachedError,
    LockedError,
    ModelBrokenOffError,
    ModelFailedError,
    ModelTimeoutError,
    ModelUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionFailedError,
    PreconditionRequiredError,
    QuotaReachedError,
    RateLimitedError,
    SecondFactorNeededError,
    StillRunningError,
    TooLargeError,
    TransactionLostError,
    UnavailableError,
    UnsupportedTypeError,
)

DOMAIN_PROBLEMS: dict[type[DomainError], ProblemType] = {
    AuthenticationError: problems.NOT_AUTHENTICATED,
    BulkRefusedError: problems.BULK_REFUSED,
    ConflictError: problems.CONFLICT,
    InvalidCursorError: problems.INVALID_CURSOR,
    InvalidInputError: problems.INVALID_INPUT,
    KeyReusedError: problems.KEY_REUSED,
    LimitReachedError: problems.LIMIT_REACHED,
    LockedError: problems.UNAVAILABLE,
    ModelBrokenOffError: problems.MODEL_FAILED,
    ModelFailedError: problems.MODEL_FAILED,
    ModelTimeoutError: problems.MODEL_TIMEOUT,
    ModelUnavailableError: problems.MODEL_UNAVAILABLE,
    NotFoundError: problems.NOT_FOUND,
    PermissionDeniedError: problems.PERMISSION_DENIED,
    PreconditionFailedError: problems.PRECONDITION_FAILED,
    PreconditionRequiredError: problems.PRECONDITION_REQUIRED,
    QuotaReachedError: problems.QUOTA_REACHED,
    SecondFactorNeededError: problems.SECOND_FACTOR_NEEDED,
    RateLimitedError: problems.RATE_LIMITED,
    StillRunningError: problems.STILL_RUNNING,
    TooLargeError: problems.TOO_LARGE,
    TransactionLostError: problems.UNAVAILABLE,
    UnavailableError: problems.UNAVAILABLE,
    UnsupportedTypeError: problems.UNSUPPORTED_TYPE,
}


def problem_of_error(request: Request, error: Exception) -> Problem:
    """The problem to send within a response that has already begun."""
    if isinstance(error, DomainError):
        kind = DOMAIN_PROBLEMS[type(error)]
        return problem_of(request, kind, error.detail, errors_of(error))
    return problem_of(request, problems.INTERNAL_ERROR)


def members_of(error: DomainError) -> dict[str, Any]:
    """The members of its problem beyond those of every problem."""
    if isinstance(error, SecondFactorNeededError):
        return {
            "challenge": error.challenge,
            "needs_setup": error.needs_setup,
            "has_passkey": error.has_passkey,
        }
    return {}


def headers_of(error: DomainError) -> dict[str, str]:
    match error:
        case AuthenticationError() | SecondFactorNeededError():
            return {"WWW-Authenticate": "Bearer"}
        case PreconditionFailedError():
            return {"ETag": etag_of(error.version)}
        case RateLimitedError() | UnavailableError():
            return {"Retry-After": str(error.retry_after)}
        case LimitReachedError() | ModelUnavailableError():
            wait = error.retry_after
            return {} if wait is None else {"Retry-After": str(wait)}
        case StillRunningError():
            return {"Retry-After": "1"}
    return {}


def errors_of(error: DomainError) -> list[FieldError]:
    match error:
        case KeyReusedError():
            return [FieldError(loc=["header", error.field], msg=error.detail, type=error.kind)]
        case InvalidInputError():
            loc: list[str | int] = ["body", *error.field.split(".")]
            return [FieldError(loc=loc, msg=error.detail, type=error.kind)]
        case BulkRefusedError():
            return [_refused(place, why) for place, why in error.refused.items()]
    return []


def _refused(place: int, error: DomainError) -> FieldError:
    """An error of one of many changes, located at its index in the body."""
    loc: list[str | int] = ["body", "changes", place]
    if isinstance(error, InvalidInputError):
        return FieldError(loc=[*loc, "changes", error.field], msg=error.detail, type=error.kind)
    return FieldError(loc=loc, msg=error.detail, type=DOMAIN_PROBLEMS[type(error)].slug)
