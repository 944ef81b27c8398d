"""Holds JSON against a schema: numbers as decimals, patterns as ECMA-262 has them.

It is done at once, while nobody else is served, so that its time has bounds: a pattern may take so
many steps, and the larger a schema is, the less may be held against it.
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
"""Of one pattern that looks around, in one text. Others take no step twice."""
MAX_COMPARISONS = 2_000_000
"""Parts of a schema, references included, times values that are held against it."""
MAX_CHARACTERS = 100_000
"""Patterns that look around, times characters that are held against them."""

_MAX_PATTERN_BYTES = 2 * 1024 * 1024
"""Of each, once it is translated; and of what is kept for one while it is at work."""
_PATTERNS = FancyRegexOptions(MAX_STEPS, _MAX_PATTERN_BYTES, _MAX_PATTERN_BYTES)
_MASK = "it"
_MAX_FAULTS = 5
_LONGEST_FAULT = 300


def validator_of(schema: dict[str, Any]) -> Validator:
    """By the dialect that it names. Formats are notes; nothing is fetched from anywhere.

    Raises:
        ValidationError: it is no schema of that dialect, or a pattern is none.
    """
    return validator_for(
        schema, validate_formats=False, mask=_MASK, pattern_options=_PATTERNS, offline=True
    )


def wrong_in_schema(error: ValidationError) -> str:
    """What is wrong at the place, and what to do."""
    if isinstance(error.kind, ValidationErrorKind.Format):
        return (
            "it is no pattern of ECMA-262, or is too large; mend it, or use + and maxLength "
            "instead of counts"
        )
    return f"{error.message[:200]}; see json-schema.org for what may be here"


def place_of(error: ValidationError) -> str:
    """As `$.properties.a[0]`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    return f"${''.join(steps)}"


def faults_in(value: Any, validator: Validator) -> list[str]:
    """The first of what does not fit, each with its place."""
    return [_fault(error) for error in islice(validator.iter_errors(value), _MAX_FAULTS)]


def is_too_much(value: Any, parts: int, lookarounds: int) -> bool:
    """Whether it would take too long to hold the value against a schema of so many parts."""
    comparisons = parts * sum(1 for _ in _values(value))
    characters = lookarounds * len(to_json(value)) if lookarounds else 0
    return comparisons > MAX_COMPARISONS or characters > MAX_CHARACTERS


def _values(value: Any) -> Iterator[Any]:
    """All of it: a value, and those within it."""
    waiting = [value]
    while waiting:
        yield (each := waiting.pop())
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _fault(error: ValidationError) -> str:
    if isinstance(error.kind, ValidationErrorKind.BacktrackLimitExceeded):
        why = "its pattern takes too many steps for it; say it shorter"
    else:
        why = error.message
    return f"{place_of(error)}: {why}"[:_LONGEST_FAULT]
