from typing import Any

import pytest
from pydantic import ValidationError

from backend.core.errors import InvalidInputError
from backend.models.assistant.default_prompt import DEFAULT_ASSISTANT, DEFAULT_ASSISTANT_PROMPT
from backend.models.assistant.prompt_templates import (
    PromptText,
    PromptTextInput,
    PromptVariable,
    render,
)
from tests.ids import short_id


def text(template: str, **defaults: str | None) -> PromptText:
    variables = [PromptVariable(name=name, default=value) for name, value in defaults.items()]
    return PromptText(template=template, variables=variables)


def declared(template: str, *names: str) -> PromptTextInput:
    variables = [{"name": name} for name in names]
    return PromptTextInput.model_validate({"template": template, "variables": variables})


def refusal(template: str, *names: str) -> tuple[Any, str]:
    """The field that is named, and what is said about it."""
    with pytest.raises(ValidationError) as refused:
        declared(template, *names)
    (error,) = refused.value.errors()
    return error["loc"], error["msg"]


@pytest.mark.parametrize("template", ["Hi {{ name }}!", "Hi {{name}}!", "Hi {{  name }}!"])
def test_values_take_their_places(template: str) -> None:
    assert render(text(template, name=None), {"name": "Ada"}) == "Hi Ada!"


def test_a_variable_may_be_used_more_than_once() -> None:
    assert render(text("{{ a }} and {{ a }}", a=None), {"a": "one"}) == "one and one"


def test_a_default_stands_where_no_value_is_given() -> None:
    prompt = text("{{ a }} {{ b }}", a="1", b="2")

    assert render(prompt, {"b": "3"}) == "1 3"


def test_an_empty_default_is_a_default() -> None:
    assert render(text("[{{ a }}]", a=""), {}) == "[]"


def test_what_stands_in_a_value_stays_as_it_is() -> None:
    prompt = text("{{ a }} {{ b }}", a=None, b=None)

    assert render(prompt, {"a": "{{ b }}", "b": "{{{{ $b"}) == "{{ b }} {{{{ $b"


def test_braces_that_are_no_place_stay() -> None:
    template = '{"a": {"b": {{ c }} }} $c ${c} {{{{ c }}'

    assert render(text(template, c=None), {"c": "1"}) == '{"a": {"b": 1 }} $c ${c} {{ c }}'


def test_a_missing_value_is_named() -> None:
    with pytest.raises(InvalidInputError, match="no default") as refused:
        render(text("{{ a }}{{ b }}", a=None, b=None), {"a": "1"})

    assert refused.value.field == "variables.b"


def test_a_value_of_no_variable_is_named() -> None:
    with pytest.raises(InvalidInputError, match="The variables are: a, b") as refused:
        render(text("{{ a }}{{ b }}", a="1", b="2"), {"c": "1"})

    assert refused.value.field == "variables.c"


def test_what_is_declared_as_it_is_used_is_taken() -> None:
    assert declared("{{ a }} {{ b_2 }}", "b_2", "a").variables[1].name == "a"


@pytest.mark.parametrize(
    "template", ["{{ a", "{{ A }}", "{{ }}", "{{ a b }}", "{{ if a }}", "{{ 1a }}", "{{{ a }}}"]
)
def test_a_malformed_place_is_refused_with_its_line(template: str) -> None:
    loc, message = refusal(f"one\n{template}", "a")

    assert loc == ("template",)
    assert "line 2" in message


def test_a_variable_that_is_not_declared_is_named() -> None:
    loc, message = refusal("{{ a }} {{ b }}", "a")

    assert loc == ("variables",)
    assert "b is used by the template; declare it" in message


def test_a_variable_is_named_even_where_none_are_declared() -> None:
    with pytest.raises(ValidationError, match="a is used by the template"):
        PromptTextInput.model_validate({"template": "{{ a }}"})


def test_a_variable_that_is_not_used_is_named() -> None:
    loc, message = refusal("{{ a }}", "a", "b")

    assert loc == ("variables",)
    assert "b is not used" in message


def test_a_variable_that_is_declared_twice_is_named() -> None:
    loc, message = refusal("{{ a }}", "a", "a")

    assert loc == ("variables",)
    assert "a is declared twice" in message


@pytest.mark.parametrize(
    "variable",
    [{"name": "A"}, {"name": "a-b"}, {"name": ""}, {"name": "a", "type": "int"}, {"name": "a\x00"}],
    ids=short_id,
)
def test_a_bad_variable_is_refused(variable: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PromptTextInput.model_validate({"template": "{{ a }}", "variables": [variable]})


def test_the_prompt_that_the_agent_falls_back_on_can_be_rendered() -> None:
    PromptTextInput.model_validate(DEFAULT_ASSISTANT.model_dump())
    values = {"person": "Grace Hopper", "role": "manager", "today": "2026-06-01"}

    rendered = render(DEFAULT_ASSISTANT, values)

    assert "You act for Grace Hopper, whose role is manager. Today is 2026-06-01." in rendered
    assert DEFAULT_ASSISTANT.template == DEFAULT_ASSISTANT_PROMPT
