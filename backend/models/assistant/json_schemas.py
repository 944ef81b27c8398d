"""Restrictions on JSON Schemas, so that language models and their libraries support them."""

import json
import re
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NoReturn

from pydantic import AfterValidator, Field

from backend.core.storable import unstorable_in

if TYPE_CHECKING:
    from jsonschema_rs import Validator

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_PARTS = 10_000
MAX_PATTERNS = 100
_USUAL = "https://json-schema.org/draft/2020-12/schema"
_DIALECTS = {
    _USUAL,
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
}
_DEFINITION = re.compile(r"#/\$defs/([A-Za-z0-9_.-]+)")
_LOOKS_AROUND = re.compile(r"\(\?<?[=!]|\\[1-9k]")


class Extent(NamedTuple):
    """The size of a part with references expanded.

    `lookarounds` counts patterns with look-around or back-references, which may take many steps.
    """

    parts: int
    depth: int
    lookarounds: int


class _Walk:
    """Checks every part of a document. Definitions are measured once."""

    def __init__(self, document: dict[str, Any]) -> None:
        found = document.get("$defs")
        self._definitions: dict[str, Any] = found if isinstance(found, dict) else {}
        self._known: dict[str, Extent] = {}
        self._open: list[str] = []
        self._patterns: set[str] = set()

    def look(self, part: Any, path: str, depth: int = 0) -> Extent:
        if depth > MAX_DEPTH:
            _refuse(path, f"it is deeper than {MAX_DEPTH} levels, references included; flatten it")
        extents = [Extent(1, 0, 0)]
        if isinstance(part, dict):
            extents += [self._look_at(key, each, path, depth + 1) for key, each in part.items()]
        elif isinstance(part, list):
            extents += [self.look(e, f"{path}[{n}]", depth + 1) for n, e in enumerate(part)]
        else:
            _check_value(part, path)
        parts = sum(extent.parts for extent in extents)
        if parts > MAX_PARTS:
            _refuse(path, f"it has more than {MAX_PARTS} parts, references included; shorten it")
        depth = max(extent.depth for extent in extents) + 1
        return Extent(parts, depth, sum(extent.lookarounds for extent in extents))

    def _look_at(self, key: str, part: Any, path: str, depth: int) -> Extent:
        _check_value(key, path)
        inner = f"{path}.{key}"
        if isinstance(part, str):
            if key == "$ref":
                return self._definition(part, inner, depth)
            if key in {"$dynamicRef", "$recursiveRef"} or (key == "$id" and path != "$"):
                _refuse(inner, "it changes the meaning of references; use only $ref with #/$defs/")
        found = self.look(part, inner, depth)
        # A pattern is the value of its keyword, or a name in `patternProperties`.
        if key == "pattern" and isinstance(part, str):
            pattern = part
        elif path.endswith(".patternProperties"):
            pattern = key
        else:
            return found
        self._patterns.add(pattern)
        if len(self._patterns) > MAX_PATTERNS:
            _refuse(inner, f"it is one of more than {MAX_PATTERNS} patterns; remove some")
        return found._replace(lookarounds=found.lookarounds + _looks_around(pattern))

    def _definition(self, reference: str, path: str, depth: int) -> Extent:
        match = _DEFINITION.fullmatch(reference)
        if match is None:
            _refuse(path, "it must be #/$defs/ and a name; copy its target into $defs")
        name = match[1]
        if name not in self._definitions:
            _refuse(path, f"there is no {name} in $defs; add it there")
        if name in self._open:
            _refuse(path, f"{name} contains itself; write it out to the required depth")
        if name not in self._known:
            self._open.append(name)
            self._known[name] = self.look(self._definitions[name], f"$.$defs.{name}", depth)
            self._open.pop()
        elif depth + self._known[name].depth > MAX_DEPTH:
            _refuse(path, f"with {name} it is deeper than {MAX_DEPTH} levels; flatten it")
        return self._known[name]


def check_json_schema(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document. Raises ValueError with the location of an error and the remedy."""
    usable(document)
    return document


def usable(document: dict[str, Any]) -> "tuple[Validator, Extent]":
    """Return a validator of the schema, and its size. Raises as `check_json_schema`."""
    # First: the checks below build the location of every part, and names may be long.
    if _size(document) > MAX_BYTES:
        _refuse("$", f"it has more than {MAX_BYTES // 1024} KiB; shorten it")
    extent = _Walk(document).look(document, "$")
    if document.get("type") != "object":
        _refuse("$.type", 'it must be "object"; put other values into one of its properties')
    dialect = str(document.get("$schema", _USUAL)).rstrip("#")
    if dialect not in _DIALECTS:
        _refuse("$.$schema", f"it does not name a supported dialect; leave it out, or {_USUAL}")
    # Loaded with the first schema: most processes see none.
    from jsonschema_rs import ValidationError  # noqa: PLC0415  # see above

    from backend.core.json_validation import (  # noqa: PLC0415  # see above
        place_of,
        validator_of,
        wrong_in_schema,
    )

    try:
        return validator_of(document), extent
    except ValidationError as error:
        _refuse(place_of(error), wrong_in_schema(error))


def _looks_around(pattern: str) -> bool:
    """Whether the pattern has look-around or back-references."""
    return _LOOKS_AROUND.search(pattern) is not None


def _size(document: dict[str, Any]) -> int:
    """The size in bytes as compact JSON. Invalid parts are reported later."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def _check_value(value: Any, path: str) -> None:
    if isinstance(value, str) and unstorable_in(value):
        _refuse(path, "it contains NUL or a lone surrogate, which can't be stored; remove it")
    if isinstance(value, float) and not isfinite(value):
        _refuse(path, "it is not a finite number, as JSON requires")


def _refuse(path: str, why: str) -> NoReturn:
    shown = path.encode("utf-8", "replace").decode().replace("\x00", "?")
    raise ValueError(f"{shown[:200]}: {why}")


JsonSchema = Annotated[
    dict[str, Any],
    AfterValidator(check_json_schema),
    Field(
        description=(
            "A JSON Schema of an object, of 2020-12 unless `$schema` names another. References "
            "are `#/$defs/<name>`, and not recursive. Patterns are those of ECMA-262; "
            "`format` is an annotation."
        ),
        json_schema_extra={"maxProperties": 1_000},
    ),
]
