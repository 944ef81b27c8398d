"""Evaluates conditions."""

import json
import math
import re
from decimal import Decimal
from typing import Any

from backend.core.errors import DomainError
from backend.models.workflows.flow_nodes import Operator

_LARGEST = 10**50
_NUMBER = re.compile(r"-?[0-9]{1,50}(\.[0-9]{1,50})?")
"""Numbers as people write them: neither 1e3 nor 1_000, which may be a product number."""


def holds(left: Any, operator: Operator, right: Any) -> bool:
    """Texts are compared ignoring case. Raises DomainError for values without an order."""
    match operator:
        case Operator.EXISTS:
            return left is not None and left not in ("", [], {})
        case Operator.EQ:
            return _plain(left) == _plain(right)
        case Operator.NE:
            return _plain(left) != _plain(right)
        case Operator.CONTAINS:
            return _contains(left, right)
        case Operator.GT:
            return _number(left) > _number(right)
        case Operator.LT:
            return _number(left) < _number(right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, list):
        wanted = _plain(right)
        return any(_plain(each) == wanted for each in left)
    # As JSON, null would contain the letters of its name.
    return left is not None and _text(right) in _text(left)


def _plain(value: Any) -> Decimal | str:
    """Convert to a number if possible, otherwise to a text."""
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return _text(value)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.strip().casefold()


def _number(value: Any) -> Decimal:
    number = _plain(value)
    if isinstance(number, str):
        raise DomainError(f"{number[:100]!r} is not a number: gt and lt compare numbers.")
    return number
