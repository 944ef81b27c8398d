"""Made-up values of a JSON schema, as small as it allows: the same each time."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

Schema = dict[str, Any]

MAX_ITEMS = 100_000
"""Values, and characters that are demanded, in one."""
_COMPOSED = {"allOf", "anyOf", "oneOf"}
_FORMATS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "email": "offline@example.com",
    "time": "00:00:00Z",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-0000-0000-000000000000",
}
_PLAIN = {"boolean": False, "null": None}


class TooLargeError(Exception):
    """No short value fits the schema."""


def value_of(schema: Any, texts: Mapping[str, str]) -> Any:
    """Fields that have a name in `texts` hold that text. References are resolved before.

    `pattern`, `uniqueItems` and conditions are ignored: give such a field an example.

    Raises:
        TooLargeError: it requires more values or characters than `MAX_ITEMS`.
    """
    return _Made(texts).value(schema)


class _Made:
    """Makes one value, and counts its parts and characters, as often as they are in it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._left = MAX_ITEMS
        self._times = 1

    def value(self, schema: Any, name: str = "") -> Any:
        if not isinstance(schema, dict):
            return None
        schema = _whole(schema)
        is_told = _kind(schema) == "string" and name in self._texts
        given = _given(schema, only_exact=is_told or "properties" in schema)
        if not given:
            return self._made(schema, name)
        self._take(len(to_json(given[0])))
        return given[0]

    def _made(self, schema: Schema, name: str) -> Any:
        self._take(1)
        match kind := _kind(schema):
            case "object":
                return self._object(schema)
            case "array":
                return self._array(schema, name)
            case "integer" | "number":
                return _number(schema, step=1 if kind == "integer" else 0.5)
        if kind in _PLAIN:
            return _PLAIN[kind]
        self._take(int(schema.get("minLength", 0)))
        return _text(schema, self._texts.get(name))

    def _object(self, schema: Schema) -> dict[str, Any]:
        fields = schema.get("properties", {})
        told = [name for name in fields if name in self._texts]
        names = dict.fromkeys([*told, *schema.get("required", [])])
        return {name: self.value(fields.get(name, {}), name) for name in names}

    def _array(self, schema: Schema, name: str) -> list[Any]:
        count = int(schema.get("minItems", 0))
        if count == 0:
            return []
        times, self._times = self._times, self._times * count
        item = self.value(schema.get("items", {}), name)
        self._times = times
        return [item] * count

    def _take(self, count: int) -> None:
        self._left -= count * self._times
        if self._left < 0:
            raise TooLargeError


def _whole(schema: Schema) -> Schema:
    """With all that it is made of, and the first where it leaves a choice."""
    while parts := [
        *schema.get("allOf", []),
        *schema.get("anyOf", [])[:1],
        *schema.get("oneOf", [])[:1],
    ]:
        own = {key: value for key, value in schema.items() if key not in _COMPOSED}
        schema = _together([*(part for part in parts if isinstance(part, dict)), own])
    return schema


def _together(schemas: list[Schema]) -> Schema:
    """All that they demand; where two say the same thing, the later one counts."""
    whole: Schema = {}
    for schema in schemas:
        fields = {**whole.get("properties", {}), **schema.get("properties", {})}
        required = [*whole.get("required", []), *schema.get("required", [])]
        whole |= schema
        if fields:
            whole |= {"properties": fields, "required": required}
    return whole


def _given(schema: Schema, *, only_exact: bool) -> list[Any]:
    """Values that the schema itself names; exact are those besides which it allows no others."""
    exact = [*([schema["const"]] if "const" in schema else []), *schema.get("enum", [])]
    if exact or only_exact:
        return exact
    return [*([schema["default"]] if "default" in schema else []), *schema.get("examples", [])]


def _kind(schema: Schema) -> str:
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    return str(kind[0] if isinstance(kind, list) else kind)


def _number(schema: Schema, step: float) -> float:
    """Return the number nearest to zero within the bounds."""
    step = schema.get("multipleOf", step)
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low = schema.get("minimum", -math.inf if above is None else above + step)
    high = schema.get("maximum", math.inf if below is None else below - step)
    number: float = 0
    try:
        if high < 0:
            number = math.floor(high / step) * step
        elif low > 0:
            number = math.ceil(low / step) * step
    except OverflowError:
        raise TooLargeError from None
    return number


def _text(schema: Schema, told: str | None) -> str:
    text = told or _FORMATS.get(schema.get("format", ""), "offline")
    return text.ljust(int(schema.get("minLength", 0)), ".")[
        : _whole_number(schema.get("maxLength"))
    ]


def _whole_number(value: float | None) -> int | None:
    return None if value is None else int(value)
