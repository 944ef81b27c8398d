"""Answers that are JSON of a schema."""

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai import ModelRetry, StructuredDict, UserError

from backend.core.json_validation import faults_in, is_too_much
from backend.models.assistant.json_schemas import usable

Schema = dict[str, Any]


def output_type(schema: Schema | None) -> Any:
    """What is asked of the model: text, unless there is a schema.

    Raises UserError for a schema that is within itself, or refers to what is not in its $defs.
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
    """Has the model mend what does not fit: pydantic-ai only looks whether it is an object.

    Raises UserError for a schema that can't be used.
    """
    try:
        validator, extent = usable(schema)
    except ValueError as error:
        raise UserError(str(error)) from error

    def check(output: Schema) -> Schema:
        if is_too_much(output, extent.parts, extent.lookarounds):
            raise ModelRetry("$: it is too long to be held against its schema: answer less")
        if faults := faults_in(output, validator):
            raise ModelRetry("; ".join(faults))
        return output

    return check
