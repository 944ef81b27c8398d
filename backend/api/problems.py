"""The catalogue of the API's problems (RFC 9457), and their shape."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"
DECLARED = "x-problems"
"""The key under which a declared response names its problems."""


class ProblemType(NamedTuple):
    slug: str
    status: int
    title: str
    meaning: str


BAD_REQUEST = ProblemType(
    "bad-request", 400, "Bad request", "The body can't be read as what its Content-Type says."
)
INVALID_CURSOR = ProblemType(
    "invalid-cursor",
    400,
    "Invalid cursor",
    "This list did not issue the cursor for this sort. Begin without a cursor.",
)
NOT_AUTHENTICATED = ProblemType(
    "not-authenticated",
    401,
    "Not signed in",
    "There is no valid access token or API key, or the credentials are wrong. Sign in or refresh.",
)
SECOND_FACTOR_NEEDED = ProblemType(
    "second-factor-needed",
    401,
    "Second factor needed",
    "The password is right. Send `challenge` with a code, or with what a passkey has signed, to "
    "`/auth/second-factor/answer`; if `needs_setup` is true, first to "
    "`/auth/second-factor/begin`. `has_passkey` says whether you have a passkey.",
)
PERMISSION_DENIED = ProblemType(
    "permission-denied",
    403,
    "Permission denied",
    "Your role, or the API key, does not have the permission.",
)
NOT_FOUND = ProblemType(
    "not-found", 404, "Not found", "There is no such thing, or none that you may know of."
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed", 405, "Method not allowed", "The header Allow lists the methods."
)
CONFLICT = ProblemType(
    "conflict",
    409,
    "Conflict",
    "The request is valid, but the current state does not allow it; `detail` says why.",
)
STILL_RUNNING = ProblemType(
    "still-running",
    409,
    "Still running",
    "The same request is still running. Send it again in a moment, with the same key.",
)
BULK_REFUSED = ProblemType(
    "bulk-refused",
    409,
    "Changes refused",
    "Nothing was changed; `errors` names each refused change by its index.",
)
QUOTA_REACHED = ProblemType(
    "quota-reached",
    409,
    "Quota reached",
    "You have used your quota, or this file is larger than what is left; `detail` says "
    "how much that is. Delete files that you no longer need.",
)
PRECONDITION_FAILED = ProblemType(
    "precondition-failed",
    412,
    "Changed in the meantime",
    "It is not at the version that If-Match names. Read it again; ETag has the current version.",
)
TOO_LARGE = ProblemType(
    "content-too-large",
    413,
    "Content too large",
    "The body is larger than MAX_BODY_BYTES (64 KiB for accounts and signing in), or the file than "
    "FILES_MAX_BYTES.",
)
UNSUPPORTED_TYPE = ProblemType(
    "unsupported-type",
    415,
    "Type of file not allowed",
    "The content of the file, whatever its name, is not one of FILES_ALLOWED_TYPES.",
)
RANGE_NOT_SATISFIABLE = ProblemType(
    "range-not-satisfiable",
    416,
    "Range beyond the end",
    "The header Content-Range contains the size of the file.",
)
INVALID_INPUT = ProblemType(
    "invalid-input", 422, "Invalid input", "`errors` names each field and what is wrong with it."
)
KEY_REUSED = ProblemType(
    "idempotency-key-reused",
    422,
    "Key of another request",
    "The Idempotency-Key was used for another request. Send a new one.",
)
PRECONDITION_REQUIRED = ProblemType(
    "precondition-required",
    428,
    "If-Match is required",
    "Send If-Match with the ETag of the version that you have read.",
)
TOO_SLOW = ProblemType(
    "too-slow",
    408,
    "The request arrived too slowly",
    "Its headers were not complete in time, or almost none of its body arrived for a while.",
)
HEAD_TOO_LARGE = ProblemType(
    "headers-too-large",
    431,
    "Headers too large",
    "A request may have at most 100 headers, and 64 KiB of headers and URL together.",
)
RATE_LIMITED = ProblemType(
    "rate-limited", 429, "Too many requests", "Wait for the seconds in the header Retry-After."
)
LIMIT_REACHED = ProblemType(
    "limit-reached",
    429,
    "Limit reached",
    "The assistant reached a limit: of one request, or yours for today. The header Retry-After, "
    "if present, has the seconds until you may continue.",
)
INTERNAL_ERROR = ProblemType(
    "internal-error",
    500,
    "Internal error",
    "An error in the server. Report it with the `request_id`, which identifies it in the log.",
)
MODEL_FAILED = ProblemType(
    "model-failed",
    502,
    "The language model failed",
    "It refused, or its provider's answer can't be used; `detail` says which.",
)
UNAVAILABLE = ProblemType(
    "unavailable",
    503,
    "Temporarily unavailable",
    "A required component is down. Try again after the seconds in the header Retry-After.",
)
MODEL_UNAVAILABLE = ProblemType(
    "model-unavailable",
    503,
    "No language model",
    "It is not configured, down, or without quota; `detail` says which. The header Retry-After, "
    "if present, has the seconds to wait.",
)
MODEL_TIMEOUT = ProblemType(
    "model-timeout",
    504,
    "The language model is too slow",
    "It did not answer within MODEL_TIMEOUT_SECONDS. Try again, or ask for less.",
)

PROBLEMS = {
    problem.slug: problem for problem in list(globals().values()) if type(problem) is ProblemType
}
OF_ANY_REQUEST = (RATE_LIMITED, INTERNAL_ERROR, UNAVAILABLE)
"""Problems that any operation may return."""


class FieldError(BaseModel):
    loc: list[str | int] = Field(
        description="Where: `body`, `query`, `path` or `header`, then the field."
    )
    msg: str
    type: str


class Problem(BaseModel):
    """A problem as defined by RFC 9457. `type` links to an explanation."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    type: str
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path of the request.")
    request_id: str
    errors: list[FieldError] = Field(default=[], description="The errors of single fields, if any.")


def problem_of(
    request: Request,
    kind: ProblemType,
    detail: str | None = None,
    errors: list[FieldError] | None = None,
) -> Problem:
    return Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=detail or kind.meaning,
        instance=request.scope["path"],
        request_id=request.state.request_id,
        errors=errors or [],
    )


def problem_response(
    request: Request,
    kind: ProblemType,
    detail: str | None = None,
    *,
    errors: list[FieldError] | None = None,
    headers: dict[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """`members` are those that only this problem has (RFC 9457, section 3.2)."""
    content = problem_of(request, kind, detail, errors).model_dump(mode="json") | dict(
        members or {}
    )
    return JSONResponse(content, kind.status, headers=headers, media_type=MEDIA_TYPE)


def declare(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Declare the problems of a route beyond those of every route.

    FastAPI takes them for responses; the OpenAPI document refers to their descriptions instead.
    """
    declared: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        response = declared.setdefault(kind.status, {"description": kind.title, DECLARED: []})
        response[DECLARED].append(kind.slug)
    return declared
