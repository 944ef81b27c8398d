"""Validates JSON against a schema: numbers as decimals, patterns as in ECMA-262.

Validation blocks the event loop, so its time is bounded: a pattern may take a limited number of
steps, and the larger a schema is, the smaller the values it is applied to.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from jsonschema_rs import (
    FancyRegexOptions,
    ValidationError,
    ValidationErrorKind,
    Validator,
    validator_for,
)
from pydantic_core import to_json

MAX_STEPS = 1_000
"""Steps of one pattern with look-around in one text. Other patterns take linear time."""
MAX_COMPARISONS = 2_000_000
"""Parts of a schema, references expanded, times the values validated against it."""
MAX_CHARACTERS = 100_000
"""Patterns with look-around, times the characters matched against them."""

_MAX_PATTERN_BYTES = 2 * 1024 * 1024
"""Size of each compiled pattern, and of its memory while matching."""
_PATTERNS = FancyRegexOptions(MAX_STEPS, _MAX_PATTERN_BYTES, _MAX_PATTERN_BYTES)
_MASK = "it"
_MAX_FAULTS = 5
_LONGEST_FAULT = 300


def validator_of(schema: dict[str, Any]) -> Validator:
    """Return a validator of the schema's dialect. It checks no formats and fetches nothing.

    Raises:
        ValidationError: it is not a schema of that dialect, or a pattern is invalid.
    """
    return validator_for(
        schema, validate_formats=False, mask=_MASK, pattern_options=_PATTERNS, offline=True
    )


def wrong_in_schema(error: ValidationError) -> str:
    """Return what is wrong at the location, and the remedy."""
    if isinstance(error.kind, ValidationErrorKind.Format):
        return (
            "it is not a pattern of ECMA-262, or is too large; correct it, or use + and maxLength "
            "instead of counts"
        )
    return f"{error.message[:200]}; see json-schema.org for what is allowed here"


def place_of(error: ValidationError) -> str:
    """As `$.properties.a[0]`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    return f"${''.join(steps)}"


def faults_in(value: Any, validator: Validator) -> list[str]:
    """Return the first errors, each with its location."""
    return [_fault(error) for error in islice(validator.iter_errors(value), _MAX_FAULTS)]


def is_too_much(value: Any, parts: int, lookarounds: int) -> bool:
    """Whether validating the value against a schema of so many parts would take too long."""
    comparisons = parts * sum(1 for _ in _values(value))
    characters = lookarounds * len(to_json(value)) if lookarounds else 0
    return comparisons > MAX_COMPARISONS or characters > MAX_CHARACTERS


def _values(value: Any) -> Iterator[Any]:
    """The value and all values nested in it."""
    waiting = [value]
    while waiting:
        yield (each := waiting.pop())
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _fault(error: ValidationError) -> str:
    if isinstance(error.kind, ValidationErrorKind.BacktrackLimitExceeded):
        why = "its pattern takes too many steps for this text; shorten the text"
    else:
        why = error.message
    return f"{place_of(error)}: {why}"[:_LONGEST_FAULT]
