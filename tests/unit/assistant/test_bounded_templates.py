"""A short template may name a long value many times: what comes of it has a limit."""

import tracemalloc
from typing import Any

import pytest

from backend.core.errors import InvalidInputError
from backend.models.assistant.prompt_templates import PromptText, PromptVariable, render
from backend.models.workflows.flow_templates import (
    MAX_RENDERED,
    TooMuchError,
    render_json,
    render_text,
)

LONG = "x" * 40_000 + "🚀"
ROWS = [{"title": "y" * 100}] * 300
VALUES = {"input": {"long": LONG, "rows": ROWS}, "steps": {"find": {"text": LONG, "output": ROWS}}}


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("{{ input.long }}!" * 1_500, "input.long"),
        ("{{ steps.find.text }}!" * 1_500, "steps.find.text"),
        ("{{ input.rows }}!" * 1_500, "input.rows"),
        ({"q": ["{{ input.long }}!" * 1_500]}, "input.long"),
        ({str(number): "{{ input.rows }}" for number in range(1_500)}, "input.rows"),
        ([["{{ steps.find.output }}"]] * 1_500, "steps.find.output"),
        ([{"a": "{{ input }}"}] * 1_500, "input"),
    ],
)
def test_what_gets_too_long_names_the_value(value: Any, named: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TooMuchError, match=rf"^With {named} its templates would have more"):
            render_json(value, VALUES)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 8_000_000


def test_as_much_as_is_allowed_is_rendered() -> None:
    text = "z" * (MAX_RENDERED // 2)

    assert len(render_text("{{ input }} {{ input }}", {"input": text})) == MAX_RENDERED + 1


def test_a_prompt_has_its_limit_as_well() -> None:
    prompt = PromptText(template="{{ who }}" * 1_500, variables=[PromptVariable(name="who")])

    with pytest.raises(InvalidInputError, match="more than 100,000 characters") as refused:
        render(prompt, {"who": LONG})

    assert refused.value.field == "variables.who"
