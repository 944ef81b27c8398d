"""Validation errors of rules over several fields, each at its own location.

A validator of pydantic can raise one error for the whole value only. A `ValidationError` raised
within a validator keeps its locations, below that of the value.
"""

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


class Faults:
    """Collects the errors of one value, so that all are reported together."""

    def __init__(self) -> None:
        self._found: list[InitErrorDetails] = []

    def add(self, message: str, *place: str | int) -> None:
        """`place` is the path from the value to the faulty field."""
        # Braces would be taken for placeholders of a template.
        error = PydanticCustomError("definition", "{message}", {"message": message})
        self._found.append(InitErrorDetails(type=error, loc=place, input=None))

    def refuse_any(self, title: str) -> None:
        """Raises ValidationError if there are any. Within a validator they become its errors."""
        if self._found:
            raise ValidationError.from_exception_data(title, self._found)
