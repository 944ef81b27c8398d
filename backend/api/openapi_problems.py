"""Describes the problems of operations, each once under `components/responses`."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from backend.api import problems
from backend.api.openapi_components import Components
from backend.api.openapi_examples import Schema
from backend.api.problems import (
    DECLARED,
    MEDIA_TYPE,
    OF_ANY_REQUEST,
    PROBLEMS,
    FieldError,
    Problem,
    ProblemType,
)

_RETRY_AFTER = ("Retry-After", "Seconds to wait before trying again.", "integer")
_HEADERS = {
    problems.PRECONDITION_FAILED: ("ETag", "The current version.", "string"),
    problems.RANGE_NOT_SATISFIABLE: ("Content-Range", "`bytes */` and the size.", "string"),
    problems.NOT_AUTHENTICATED: ("WWW-Authenticate", "Always `Bearer`.", "string"),
    problems.STILL_RUNNING: _RETRY_AFTER,
    problems.RATE_LIMITED: _RETRY_AFTER,
    problems.UNAVAILABLE: _RETRY_AFTER,
    problems.LIMIT_REACHED: _RETRY_AFTER,
    problems.MODEL_UNAVAILABLE: _RETRY_AFTER,
}


def declared_in(responses: Schema) -> Iterator[ProblemType]:
    """Return the problems that the route names with `declare`."""
    for response in responses.values():
        yield from (PROBLEMS[slug] for slug in response.get(DECLARED, ()))


def refer_to_problems(
    responses: Schema, kinds: Collection[ProblemType], components: Components
) -> None:
    """Add a reference for each status of the problems, and one for all other statuses."""
    statuses = {kind.status for kind in kinds}
    by_status = defaultdict(list)
    # In the order of the catalogue, so that the same problems always get the same name.
    for kind in PROBLEMS.values():
        if kind in kinds or (kind in OF_ANY_REQUEST and kind.status in statuses):
            by_status[kind.status].append(kind)
    for status, together in by_status.items():
        described = _response(together)
        responses[str(status)] = components.refer("responses", _name(status, together), described)
    responses["default"] = components.refer("responses", "default", _of_any_request())


def _name(status: int, kinds: list[ProblemType]) -> str:
    """Return its status for the first problem that has it; for others, also the slug."""
    first = next(kind for kind in PROBLEMS.values() if kind.status == status)
    others = "-or-".join(kind.slug for kind in kinds if kind != first)
    if first not in kinds:
        return f"{status}-{others}"
    return f"{status}-or-{others}" if others else str(status)


def _of_any_request() -> Schema:
    meanings = (f"- {kind.status}: {kind.title}. {kind.meaning}" for kind in OF_ANY_REQUEST)
    lines = ["Any request may get one of these problems:\n", *meanings]
    return _response(OF_ANY_REQUEST) | {"description": "\n".join(lines)}


def _response(kinds: Sequence[ProblemType]) -> Schema:
    """Return the response of one status, with an example of each problem, and its headers."""
    media: Schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if len(kinds) == 1:
        media["example"] = _example(kinds[0])
    else:
        media["examples"] = {kind.slug: {"value": _example(kind)} for kind in kinds}
    described: Schema = {
        "description": "\n\n".join(f"{kind.title}. {kind.meaning}" for kind in kinds),
        "content": {MEDIA_TYPE: media},
    }
    if headers := {
        name: {"description": meaning, "schema": {"type": schema}}
        for name, meaning, schema in (_HEADERS[kind] for kind in kinds if kind in _HEADERS)
    }:
        described["headers"] = headers
    return described


def _example(kind: ProblemType) -> dict[str, Any]:
    missing = FieldError(loc=["body", "title"], msg="Field required", type="missing")
    return Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=kind.meaning,
        instance="/api/v1/tasks",
        request_id="8e44f0089b076e18a718eb9ca3d94674",
        errors=[missing] if kind is problems.INVALID_INPUT else [],
    ).model_dump()
