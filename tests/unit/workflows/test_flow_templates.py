"""Values in the texts of flows."""

from typing import Any

import pytest

from backend.models.workflows.flow_templates import (
    MissingValueError,
    paths_in,
    render_json,
    render_text,
)

VALUES: dict[str, Any] = {
    "input": {"customer": "Grace", "limit": 5, "none": None},
    "steps": {
        "find": {"text": "Two tasks", "output": {"items": [{"title": "Call {{ input.limit }}"}]}},
        "skipped": None,
    },
}


def test_values_stand_where_they_are_named() -> None:
    text = "{{ input.customer }} has {{steps.find.text}}, at most {{ input.limit }}."

    assert render_text(text, VALUES) == "Grace has Two tasks, at most 5."


def test_what_is_no_text_is_written_as_json() -> None:
    assert render_text("{{ input }}", VALUES) == '{"customer": "Grace", "limit": 5, "none": null}'


def test_null_and_what_was_skipped_leave_nothing() -> None:
    text = "[{{ input.none }}{{ steps.skipped.text }}{{ steps.skipped.output.a.b }}]"

    assert render_text(text, VALUES) == "[]"


def test_what_stands_in_a_value_is_not_looked_at() -> None:
    text = "{{ steps.find.output.items.0.title }}"

    assert render_text(text, VALUES) == "Call {{ input.limit }}"


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(MissingValueError, match=r"A template names input\.phone,"):
        render_text("{{ input.phone }}", VALUES)


def test_a_text_that_is_one_template_becomes_the_value() -> None:
    given = {"limit": " {{ input.limit }} ", "q": ["{{ input.customer }}!"], "rest": True}

    assert render_json(given, VALUES) == {"limit": 5, "q": ["Grace!"], "rest": True}


def test_four_braces_are_two() -> None:
    assert render_text("{{{{ input.limit }}", VALUES) == "{{ input.limit }}"


@pytest.mark.parametrize(
    "text", ["{{ }}", "{{ x }}", "{{ steps.find }}", "{{ steps.find.usage }}", "{{ input.a", "{{"]
)
def test_what_is_no_template_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match=r"after \{\{ come a value"):
        list(paths_in({"a": [text]}))


def test_how_a_value_is_shown_can_be_chosen() -> None:
    shown = render_text(
        "{{ input.limit }} {{ steps.find.text }}",
        VALUES,
        lambda path, text: f"<{text}>" if path.step else text,
    )

    assert shown == "5 <Two tasks>"
