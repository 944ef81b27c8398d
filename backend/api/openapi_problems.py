"""Describes the problems that operations answer with, each once under `components/responses`."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from backend.api import problems
from backend.api.openapi_components import Components
from backend.api.openapi_examples import Schema
from backend.api.problems import DECLARED, MEDIA_TYPE, PROBLEMS, FieldError, Problem, ProblemType

_RETRY_AFTER = ("Retry-After", "Seconds to wait before trying again.", "integer")
_HEADERS = {
    problems.PRECONDITION_FAILED: ("ETag", "The present version.", "string"),
    problems.RANGE_NOT_SATISFIABLE: ("Content-Range", "`bytes */` and the size.", "string"),
    problems.NOT_AUTHENTICATED: ("WWW-Authenticate", "Always `Bearer`.", "string"),
    problems.STILL_RUNNING: _RETRY_AFTER,
    problems.RATE_LIMITED: _RETRY_AFTER,
    problems.UNAVAILABLE: _RETRY_AFTER,
    problems.LIMIT_REACHED: _RETRY_AFTER,
    problems.MODEL_UNAVAILABLE: _RETRY_AFTER,
}


def declared_in(responses: Schema) -> Iterator[ProblemType]:
    """Those that the route has named with `declare`."""
    for response in responses.values():
        yield from (PROBLEMS[slug] for slug in response.get(DECLARED, ()))


def refer_to_problems(
    responses: Schema, kinds: Collection[ProblemType], components: Components
) -> None:
    """Put a reference for each status that one of the problems has."""
    by_status = defaultdict(list)
    # In the order of the catalogue, so that the same problems always have the same name.
    for kind in PROBLEMS.values():
        if kind in kinds:
            by_status[str(kind.status)].append(kind)
    for status, together in by_status.items():
        name = "Or".join(_name(kind) for kind in together)
        responses[status] = components.refer("responses", name, _response(together))


def _name(kind: ProblemType) -> str:
    return "".join(word.title() for word in kind.slug.split("-"))


def _response(kinds: list[ProblemType]) -> Schema:
    """What one status stands for, with an example of each problem, and the headers."""
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
