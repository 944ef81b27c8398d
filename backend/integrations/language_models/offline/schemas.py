"""Made-up values of a JSON schema, as small as it allows: the same each time."""

import math
from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

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


def value_of(schema: Any, texts: Mapping[str, str], name: str = "") -> Any:
    """Fields that have a name in `texts` hold that text. References are resolved before.

    Of what else a schema may demand, `pattern`, `uniqueItems` and conditions are not heeded: give
    such a field an example.
    """
    if not isinstance(schema, dict):
        return None
    schema = _whole(schema)
    is_told = _kind(schema) == "string" and name in texts
    given = _given(schema, only_exact=is_told or "properties" in schema)
    return given[0] if given else _made(schema, texts, name)


def _made(schema: Schema, texts: Mapping[str, str], name: str) -> Any:
    match kind := _kind(schema):
        case "object":
            return _object(schema, texts)
        case "array":
            item = value_of(schema.get("items", {}), texts, name)
            return [item] * schema.get("minItems", 0)
        case "integer" | "number":
            return _number(schema, step=1 if kind == "integer" else 0.5)
    return _PLAIN[kind] if kind in _PLAIN else _text(schema, texts.get(name))


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


def _object(schema: Schema, texts: Mapping[str, str]) -> dict[str, Any]:
    fields = schema.get("properties", {})
    told = [name for name in fields if name in texts]
    names = dict.fromkeys([*told, *schema.get("required", [])])
    return {name: value_of(fields.get(name, {}), texts, name) for name in names}


def _number(schema: Schema, step: float) -> float:
    """The one nearest to nought that lies within the bounds."""
    step = schema.get("multipleOf", step)
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low = schema.get("minimum", -math.inf if above is None else above + step)
    high = schema.get("maximum", math.inf if below is None else below - step)
    number: float = math.ceil(low / step) * step if low > 0 else 0
    if high < 0:
        number = math.floor(high / step) * step
    return number


def _text(schema: Schema, told: str | None) -> str:
    text = told or _FORMATS.get(schema.get("format", ""), "offline")
    return text.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]
