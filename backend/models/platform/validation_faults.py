"""Validation errors of rules over several fields, each at its own location.

A validator of pydantic can raise one error for the whole value only. A `ValidationError` raised
within a validator keeps its locations, below that of the value.
"""

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


class Faults:
    """Gathers what is wrong with one value, so that all of it is told at once."""

    def __init__(self) -> None:
        self._found: list[InitErrorDetails] = []

    def add(self, message: str, *place: str | int) -> None:
        """`place` is the way from the value to the field that has to be mended."""
        # Braces would be taken for names of fields in a template.
        error = PydanticCustomError("definition", "{message}", {"message": message})
        self._found.append(InitErrorDetails(type=error, loc=place, input=None))

    def refuse_any(self, title: str) -> None:
        """Raises ValidationError if there are any. Within a validator they become its faults."""
        if self._found:
            raise ValidationError.from_exception_data(title, self._found)
