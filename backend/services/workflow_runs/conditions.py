"""What a condition answers."""

import json
import math
from typing import Any

from backend.core.errors import DomainError
from backend.models.flow_nodes import Operator


def holds(left: Any, operator: Operator, right: Any) -> bool:
    """Texts are compared without regard to case. Raises DomainError for what has no order."""
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
        return any(_plain(each) == _plain(right) for each in left)
    return _text(right) in _text(left)


def _plain(value: Any) -> float | str:
    """A number, whether it is written as a text or not; or else a text."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    return number if math.isfinite(number) else _text(value)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.strip().casefold()


def _number(value: Any) -> float:
    number = _plain(value)
    if isinstance(number, str):
        raise DomainError(f"{number[:100]!r} is no number: gt and lt compare numbers.")
    return number
