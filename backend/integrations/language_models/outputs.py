"""Answers that are JSON of a schema."""

from collections.abc import Callable
from typing import Any

from jsonschema.exceptions import ValidationError
from jsonschema.validators import validator_for
from pydantic import TypeAdapter
from pydantic_ai import ModelRetry, StructuredDict, UserError

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
    """Has the model mend what does not fit: pydantic-ai only looks whether it is an object."""
    validator = validator_for(schema)(schema)

    def check(output: Schema) -> Schema:
        try:
            validator.validate(output)
        except ValidationError as error:
            raise ModelRetry(f"{error.json_path}: {error.message}") from None
        return output

    return check
