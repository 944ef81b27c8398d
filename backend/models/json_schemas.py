"""What a JSON Schema has to be, so that language models and their libraries can keep to it."""

import re
from math import isfinite
from typing import Annotated, Any, NamedTuple, NoReturn

from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    SchemaError,
)
from pydantic import AfterValidator, Field
from pydantic_core import to_json

MOST_BYTES = 64 * 1024
MOST_DEPTH = 32
MOST_PARTS = 10_000
_USUAL = "https://json-schema.org/draft/2020-12/schema"
_DIALECTS = {
    _USUAL: Draft202012Validator,
    "https://json-schema.org/draft/2019-09/schema": Draft201909Validator,
    "http://json-schema.org/draft-07/schema": Draft7Validator,
    "http://json-schema.org/draft-06/schema": Draft6Validator,
    "http://json-schema.org/draft-04/schema": Draft4Validator,
}
_DEFINITION = re.compile(r"#/\$defs/([A-Za-z0-9_.-]+)")


class _Extent(NamedTuple):
    """How much a part is, with every reference replaced by what it refers to."""

    parts: int
    depth: int


class _Walk:
    """Looks at every part of a document. Definitions are measured once."""

    def __init__(self, document: dict[str, Any]) -> None:
        found = document.get("$defs")
        self._definitions: dict[str, Any] = found if isinstance(found, dict) else {}
        self._known: dict[str, _Extent] = {}
        self._open: list[str] = []

    def look(self, part: Any, path: str, depth: int = 0) -> _Extent:
        if depth > MOST_DEPTH:
            _refuse(path, f"it is deeper than {MOST_DEPTH} levels, references included; flatten it")
        extents = [_Extent(1, 0)]
        if isinstance(part, dict):
            extents += [self._look_at(key, each, path, depth + 1) for key, each in part.items()]
        elif isinstance(part, list):
            extents += [self.look(e, f"{path}[{n}]", depth + 1) for n, e in enumerate(part)]
        else:
            _check_value(part, path)
        parts = sum(extent.parts for extent in extents)
        if parts > MOST_PARTS:
            _refuse(path, f"it has more than {MOST_PARTS} parts, references included; shorten it")
        return _Extent(parts, max(extent.depth for extent in extents) + 1)

    def _look_at(self, key: str, part: Any, path: str, depth: int) -> _Extent:
        _check_value(key, path)
        inner = f"{path}.{key}"
        if isinstance(part, str):
            if key == "$ref":
                return self._definition(part, inner, depth)
            if key in {"$dynamicRef", "$recursiveRef"} or (key == "$id" and path != "$"):
                _refuse(inner, "it changes what references mean; use $ref with #/$defs/ alone")
        return self.look(part, inner, depth)

    def _definition(self, reference: str, path: str, depth: int) -> _Extent:
        match = _DEFINITION.fullmatch(reference)
        if match is None:
            _refuse(path, "it must be #/$defs/ and a name; copy what it means into $defs")
        name = match[1]
        if name not in self._definitions:
            _refuse(path, f"there is no {name} in $defs; add it there")
        if name in self._open:
            _refuse(path, f"{name} contains itself; write it out to the depth that is needed")
        if name not in self._known:
            self._open.append(name)
            self._known[name] = self.look(self._definitions[name], f"$.$defs.{name}", depth)
            self._open.pop()
        elif depth + self._known[name].depth > MOST_DEPTH:
            _refuse(path, f"with {name} it is deeper than {MOST_DEPTH} levels; flatten it")
        return self._known[name]


def check_json_schema(document: dict[str, Any]) -> dict[str, Any]:
    """Answers the document. Raises ValueError that says where it is wrong, and what to do."""
    _Walk(document).look(document, "$")
    if len(to_json(document)) > MOST_BYTES:
        _refuse("$", f"it has more than {MOST_BYTES // 1024} KiB; shorten it")
    if document.get("type") != "object":
        _refuse("$.type", 'it must be "object"; put other values into one of its properties')
    _check_keywords(document)
    return document


def _check_keywords(document: dict[str, Any]) -> None:
    dialect = str(document.get("$schema", _USUAL)).rstrip("#")
    if dialect not in _DIALECTS:
        _refuse("$.$schema", f"it names no dialect that is known here; leave it out, or {_USUAL}")
    try:
        _DIALECTS[dialect].check_schema(document)
    except SchemaError as error:
        steps = (f"[{s}]" if isinstance(s, int) else f".{s}" for s in error.absolute_path)
        why = f"{error.message[:200]}; see json-schema.org for what may be here"
        _refuse(f"${''.join(steps)}", why)


def _check_value(value: Any, path: str) -> None:
    if isinstance(value, str) and not _is_storable(value):
        _refuse(path, "it has NUL or half a surrogate pair in it, which can't be stored; remove it")
    if isinstance(value, float) and not isfinite(value):
        _refuse(path, "it is no finite number; JSON has no other")


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _refuse(path: str, why: str) -> NoReturn:
    shown = path.encode("utf-8", "replace").decode().replace("\x00", "?")
    raise ValueError(f"{shown[:200]}: {why}")


JsonSchema = Annotated[
    dict[str, Any],
    AfterValidator(check_json_schema),
    Field(
        description=(
            "A JSON Schema of an object, of 2020-12 unless `$schema` names another. References "
            "are `#/$defs/<name>`, and nothing contains itself."
        ),
        json_schema_extra={"maxProperties": 1_000},
    ),
]
