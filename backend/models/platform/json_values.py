"""JSON of any shape that the database can store."""

import json
import math
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from backend.core.storable import check_storable

_MAX_CHARACTERS = 50_000
_MAX_DEPTH = 50


def depth_of(value: Any) -> int:
    """Return the depth of nested lists and objects."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [
            inner for each in level for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


def leaves(value: Any) -> Iterator[Any]:
    """Yield all scalar values and the names of all fields."""
    if isinstance(value, dict):
        yield from value
        value = value.values()
    elif not isinstance(value, list):
        yield value
        return
    for each in value:
        yield from leaves(each)


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    if depth_of(value) > _MAX_DEPTH:
        raise ValueError(f"must not be nested more than {_MAX_DEPTH} deep")
    for leaf in leaves(value):
        if isinstance(leaf, str):
            check_storable(leaf)
        elif isinstance(leaf, float) and not math.isfinite(leaf):
            raise ValueError("must not contain NaN or infinite numbers, which JSON does not have")
    if len(json.dumps(value, default=str)) > _MAX_CHARACTERS:
        raise ValueError(f"must have at most {_MAX_CHARACTERS:,} characters, written as JSON")
    return value


JsonObject = Annotated[
    dict[str, Any],
    AfterValidator(_storable),
    # A limit for bodies; stored values may be larger.
    Field(json_schema_extra={"maxProperties": 1_000}),
]
"""An object of at most 50,000 characters, nested at most 50 deep."""
