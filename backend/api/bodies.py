"""Reads JSON and forms in a time and a size that hold for every body, and loses no part of one."""

import json
from collections import Counter
from collections.abc import Iterable
from tempfile import gettempdir
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from backend.core.errors import UnavailableError
from backend.core.logging import get_logger

_MOST_KEYS = 1_000
_MOST_VALUES = 30_000
_MOST_DEPTH = 100
_log = get_logger(__name__)


class BodyRefusedError(HTTPException):
    """The body is refused before it is validated.

    FastAPI lets nothing but an HTTPException out of the reading of a body. `errors` is what
    pydantic would have said.
    """

    def __init__(self, message: str, kind: str, *loc: str) -> None:
        super().__init__(422, message)
        self.errors = [error_of(message, kind, "body", *loc)]


class CheckedRequest(Request):
    """A request whose JSON has each name once in an object, and a bounded number of values.

    To describe what is wrong with each of a million values would take longer than all else.
    """

    async def json(self) -> Any:
        if not hasattr(self, "_checked"):
            self._checked = _parsed(await self.body())
        return self._checked


def error_of(message: str, kind: str, *loc: str) -> dict[str, Any]:
    return {"type": kind, "loc": loc, "msg": message}


async def read_form(request: Request) -> FormData:
    """Read the form, which stays with the request.

    Raises:
        RequestValidationError: a field stands more than once.
        UnavailableError: there is no room for the file.
    """
    try:
        form = await request.form(max_files=10, max_fields=100, max_part_size=64 * 1024)
    except OSError as error:
        _log.error("upload_not_spooled", folder=gettempdir(), error=str(error))
        raise UnavailableError("The server has no room for the file just now.") from error
    try:
        refuse_repeated("body", (name for name, _ in form.multi_items()))
    except RequestValidationError:
        await form.close()
        raise
    return form


def refuse_repeated(place: str, names: Iterable[str], but: frozenset[str] = frozenset()) -> None:
    """Raises RequestValidationError: only one of the values would be used, without a word."""
    counted = Counter(names)
    errors = [
        error_of(f"was given {count} times; give it once", "repeated", place, name)
        for name, count in counted.items()
        if count > 1 and name not in but
    ]
    if errors:
        raise RequestValidationError(errors)


def _parsed(body: bytes) -> Any:
    value = json.loads(body, object_pairs_hook=_object)
    # Counting bytes takes next to no time, and finds more rather than less.
    opened = body.count(b"{") + body.count(b"[")
    if opened > _MOST_DEPTH or body.count(b",") >= _MOST_VALUES:
        _measure(value)
    return value


def _measure(value: Any) -> None:
    values, depth, level = 0, 0, [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        values, depth = values + sum(map(len, level)), depth + 1
        if values > _MOST_VALUES:
            raise BodyRefusedError(f"must have at most {_MOST_VALUES:,} values", "too_many_values")
        if depth > _MOST_DEPTH:
            raise BodyRefusedError(f"must not be nested more than {_MOST_DEPTH} deep", "too_deep")
        level = [
            inner for each in level for inner in (each.values() if isinstance(each, dict) else each)
        ]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(pairs) > _MOST_KEYS:
        raise BodyRefusedError(f"must have at most {_MOST_KEYS:,} fields", "too_many_fields")
    if len(made) != len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise BodyRefusedError("was given more than once; give it once", "repeated", name)
    return made
