"""What conditions answer."""

import time
from typing import Any

import pytest

from backend.core.errors import DomainError
from backend.models.workflows.flow_nodes import Operator
from backend.services.workflows.runs.conditions import holds

ANSWERS = [
    ("yes", Operator.EQ, " YES", True),
    ("yes", Operator.NE, "no", True),
    (3, Operator.EQ, "3.0", True),
    (True, Operator.EQ, "true", True),
    (True, Operator.EQ, 1, False),
    (None, Operator.EQ, "null", True),
    ("nan", Operator.EQ, "NaN", True),
    ("Two are Overdue", Operator.CONTAINS, "overdue", True),
    ("3 items", Operator.CONTAINS, 3, True),
    (["open", "done"], Operator.CONTAINS, "Done", True),
    (["open"], Operator.CONTAINS, "op", False),
    (None, Operator.CONTAINS, "nul", False),
    ("10", Operator.GT, 9, True),
    (10, Operator.LT, 9, False),
    ([], Operator.EXISTS, None, False),
    ("", Operator.EXISTS, None, False),
    (None, Operator.EXISTS, None, False),
    (0, Operator.EXISTS, None, True),
    (False, Operator.EXISTS, None, True),
    ([1], Operator.EXISTS, None, True),
    (9007199254740992, Operator.EQ, "9007199254740993", False),
    ("1_000", Operator.EQ, "1000", False),
    ("1e3", Operator.EQ, 1000, False),
    (0.1, Operator.EQ, "0.10", True),
    (1e300, Operator.GT, 1, True),
    (10**400, Operator.EQ, 1, False),
    ("9" * 400, Operator.NE, 1, True),
]


@pytest.mark.parametrize(("left", "operator", "right", "answer"), ANSWERS)
def test_a_condition_answers(left: Any, operator: Operator, right: Any, answer: bool) -> None:
    assert holds(left, operator, right) is answer


@pytest.mark.parametrize("operator", [Operator.GT, Operator.LT])
def test_only_numbers_are_more_or_less(operator: Operator) -> None:
    with pytest.raises(DomainError, match="'many' is not a number: gt and lt compare numbers"):
        holds("many", operator, 3)


def test_a_long_list_is_looked_through_in_no_time() -> None:
    begun = time.process_time()

    assert not holds(list(range(60_000)), Operator.CONTAINS, "x" * 100_000)

    assert time.process_time() - begun < 1
