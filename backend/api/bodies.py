"""Reads JSON and forms within limits of time and size, and drops no part of one silently."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from tempfile import gettempdir
from typing import Any

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from backend.api.dispositions import file_name_in
from backend.core.logging import get_logger

_MAX_KEYS = 1_000
_MAX_VALUES = 30_000
_MAX_DEPTH = 500
_MAX_FILES = 10
_MAX_FIELDS = 100
_FIELD_BYTES = 64 * 1024
_NO_FORM = (
    "Send the body as a form, with Content-Type: multipart/form-data, or "
    "application/x-www-form-urlencoded if there is no file."
)
_log = get_logger(__name__)

Error = dict[str, Any]
"""An error in pydantic's form: location, value and message."""


class BodyRefusedError(HTTPException):
    """The body is refused before it is validated.

    FastAPI lets only an HTTPException out of the reading of a body.
    """

    def __init__(self, *errors: Error) -> None:
        super().__init__(422)
        self.errors = errors


class CheckedRequest(Request):
    """A request that bounds the number of values in its JSON, and refuses duplicates in its body.

    Describing an error in each of a million values would take longer than everything else.
    """

    @property
    def read_body(self) -> bytes | None:
        """The body as it was sent; None before it is read as a whole."""
        return getattr(self, "_body", None)

    async def json(self) -> Any:
        if not hasattr(self, "_value"):
            self._value = _parsed(await self.body())
        return self._value

    async def form(self, **_: Any) -> FormData:  # type: ignore[override]  # is only awaited
        if not hasattr(self, "_fields"):
            self._fields = await self._read_form()
        return self._fields

    async def close(self) -> None:
        """Close the files of the form, if it was read."""
        if hasattr(self, "_fields"):
            await self._fields.close()

    async def _read_form(self) -> FormData:
        try:
            async with aclosing(self.stream()) as stream:
                form = await _parser_for(self, stream).parse()
        except MultiPartException as error:
            raise HTTPException(400, error.message) from error
        except UnicodeError as error:
            # Some codecs of Python raise more than the parser expects.
            raise HTTPException(400, "The form is not text in its charset: send UTF-8.") from error
        except OSError as error:
            _log.error("upload_not_spooled", folder=gettempdir(), error=str(error))  # no trace
            detail = "The server has no space for the file now."
            raise HTTPException(503, detail, {"Retry-After": "2"}) from error
        if errors := list(repeated("body", (name for name, _ in form.multi_items()))):
            await form.close()
            raise BodyRefusedError(*errors)
        return form


class _NoParser:
    async def parse(self) -> FormData:
        return FormData()


class _NamedFilesParser(MultiPartParser):
    """Reads file names in all forms; Starlette takes a part with `filename*` for text."""

    def on_headers_finished(self) -> None:
        part = self._current_part
        disposition = part.content_disposition or b""
        name = file_name_in(_text(disposition)) if b"filename" in disposition.lower() else None
        if name is not None:
            # Any plain name makes Starlette treat the part as a file.
            part.content_disposition = disposition + b'; filename=""'
        super().on_headers_finished()
        if name is not None and part.file is not None:
            part.file.filename = name


def repeated(
    place: str, names: Iterable[str], but: frozenset[str] = frozenset()
) -> Iterator[Error]:
    """Find duplicates: only one of the values would be used, silently."""
    for name, count in Counter(names).items():
        if count > 1 and name not in but:
            yield _error("repeated", f"was given {count} times; give it once", place, name)


def _error(kind: str, message: str, *loc: str) -> Error:
    return {"type": kind, "loc": loc, "msg": message}


def _parser_for(request: Request, stream: Any) -> MultiPartParser | FormParser | _NoParser:
    kind, _ = parse_options_header(request.headers.get("Content-Type"))
    if kind == b"multipart/form-data":
        return _NamedFilesParser(
            request.headers,
            stream,
            max_files=_MAX_FILES,
            max_fields=_MAX_FIELDS,
            max_part_size=_FIELD_BYTES,
        )
    if kind == b"application/x-www-form-urlencoded":
        return FormParser(
            request.headers, stream, max_fields=_MAX_FIELDS, max_part_size=_FIELD_BYTES
        )
    if kind:
        raise BodyRefusedError(_error("content_type", _NO_FORM, "header", "Content-Type"))
    return _NoParser()


def _text(header: bytes) -> str:
    try:
        return header.decode()
    except UnicodeDecodeError:
        return header.decode("latin-1")


def _parsed(body: bytes) -> Any:
    value = json.loads(body, object_pairs_hook=_object)
    # Counting bytes is quick, and overestimates rather than underestimates.
    opened = body.count(b"{") + body.count(b"[")
    if opened > _MAX_DEPTH or body.count(b",") >= _MAX_VALUES:
        _measure(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(pairs) > _MAX_KEYS:
        message = f"must have at most {_MAX_KEYS:,} fields"
        raise BodyRefusedError(_error("too_many_fields", message, "body"))
    if len(made) != len(pairs):
        raise BodyRefusedError(*repeated("body", (name for name, _ in pairs)))
    return made


def _measure(value: Any) -> None:
    values, depth, level = 0, 0, [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        values, depth = values + sum(map(len, level)), depth + 1
        if values > _MAX_VALUES:
            message = f"must have at most {_MAX_VALUES:,} values"
            raise BodyRefusedError(_error("too_many_values", message, "body"))
        if depth > _MAX_DEPTH:
            message = f"must not be nested more than {_MAX_DEPTH} deep"
            raise BodyRefusedError(_error("too_deep", message, "body"))
        level = [
            inner for each in level for inner in (each.values() if isinstance(each, dict) else each)
        ]
