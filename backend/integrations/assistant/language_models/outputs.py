"""Structured answers according to a schema."""

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai import ModelRetry, StructuredDict, UserError

from backend.core.json_validation import faults_in, is_too_much
from backend.models.assistant.json_schemas import usable

Schema = dict[str, Any]


def output_type(schema: Schema | None) -> Any:
    """Return the output type of the model: text, unless there is a schema.

    Raises UserError for a recursive schema, or one with unknown references.
    """
    if schema is None:
        return str
    asked = StructuredDict(schema)
    try:
        TypeAdapter(asked).json_schema()
    except KeyError as reference:
        raise UserError(f"There is no {reference} in the $defs of the schema.") from None
    return asked


def check_output(schema: Schema) -> Callable[[Schema], Schema]:
    """Lets the model correct invalid answers: pydantic-ai only checks that they are objects.

    Raises UserError for a schema that can't be used.
    """
    try:
        validator, extent = usable(schema)
    except ValueError as error:
        raise UserError(str(error)) from error

    def check(output: Schema) -> Schema:
        if is_too_much(output, extent.parts, extent.lookarounds):
            raise ModelRetry("$: it is too long to be checked against its schema: answer with less")
        if faults := faults_in(output, validator):
            raise ModelRetry("; ".join(faults))
        return output

    return check
