"""Texts with placeholders, `{{ name }}`, and no logic."""

import re
from collections.abc import Mapping
from string import Template
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from backend.core.errors import InvalidInputError
from backend.models.assistant.template_values import Room, TemplateValues, TooLongError
from backend.models.platform.base import Input
from backend.models.platform.fields import Identifier, LongText, Paragraphs, Words

MAX_VARIABLES = 50
MAX_RENDERED = 100_000
"""Characters of all values in one text."""


class PromptTemplate(Template):
    """`{{ name }}` stands for a value, and `{{{{` for two braces."""

    delimiter = "{{"
    flags = re.VERBOSE
    # The base class compiles this.
    pattern: ClassVar[Any] = r"""
        (?P<escaped>\{\{\{\{) |
        \{\{\ *(?P<named>[a-z][a-z0-9_]*)\ *\}\} |
        (?P<braced>(?!)) |  # The base class asks for a group of this name.
        (?P<invalid>\{\{)
    """


class PromptVariable(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Identifier
    description: Words = ""
    default: Paragraphs | None = Field(default=None, description="Null: a value is required.")


_VARIABLES = TypeAdapter(list[PromptVariable])


class _Variables(TypeDecorator[list[PromptVariable]]):
    """Variables as a JSON array."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: list[PromptVariable] | None, dialect: Any) -> Any:
        return _VARIABLES.dump_python(value or [], mode="json")

    def process_result_value(self, value: Any, dialect: Any) -> list[PromptVariable]:
        return _VARIABLES.validate_python(value or [])


VARIABLES = _Variables()


class PromptText(SQLModel):
    """A template with all variables that it uses."""

    template: LongText
    variables: list[PromptVariable] = []


class PromptTextInput(Input, PromptText):
    """The text of a prompt, as clients send it."""

    template: Annotated[LongText, Field(description="`{{ name }}` is replaced by a value.")]
    variables: Annotated[
        list[PromptVariable],
        Field(
            max_length=MAX_VARIABLES,
            validate_default=True,
            description="The variables of the template, each once.",
        ),
    ] = []

    @field_validator("template")
    @classmethod
    def _well_formed(cls, template: str) -> str:
        for place in PromptTemplate.pattern.finditer(template):
            if place["invalid"] is not None:
                line = template.count("\n", 0, place.start()) + 1
                raise ValueError(
                    f"line {line}: after {{{{ come a name (of a-z, 0-9 and _) and }}}}, "
                    "as in {{ today }}; write {{{{ for the braces themselves"
                )
        return template

    @field_validator("variables")
    @classmethod
    def _as_used(
        cls, variables: list[PromptVariable], info: ValidationInfo
    ) -> list[PromptVariable]:
        if "template" in info.data:
            declared = [variable.name for variable in variables]
            _check_declared(declared, PromptTemplate(info.data["template"]).get_identifiers())
        return variables


def _check_declared(declared: list[str], used: list[str]) -> None:
    for name in declared:
        if declared.count(name) > 1:
            raise ValueError(f"{name} is declared twice; declare it once")
        if name not in used:
            raise ValueError(f"{name} is not used by the template; use it or leave it out")
    for name in used:
        if name not in declared:
            raise ValueError(f"{name} is used by the template; declare it here")


def render(prompt: PromptText, values: Mapping[str, str]) -> str:
    """Return the text of a prompt or of one of its versions with its values.

    Values are not expanded: braces in them stay braces.

    Raises:
        InvalidInputError: a value is missing and has no default, belongs to no variable, or is too
            long for the number of times the template uses it.
    """
    defaults = {variable.name: variable.default for variable in prompt.variables}
    for name in values:
        if name not in defaults:
            known = ", ".join(defaults) or "none"
            detail = f"There is no such variable. The variables are: {known}."
            raise InvalidInputError(f"variables.{name}", detail)
    given = {**defaults, **values}
    texts: dict[str, str] = {}
    for name, value in given.items():
        if value is None:
            raise InvalidInputError(f"variables.{name}", "It has no default: provide a value.")
        texts[name] = value
    try:
        return PromptTemplate(prompt.template).substitute(
            TemplateValues(texts.__getitem__, Room(MAX_RENDERED))
        )
    except TooLongError as error:
        detail = f"The text would have more than {MAX_RENDERED:,} characters: shorten the values."
        raise InvalidInputError(f"variables.{error}", detail) from error
