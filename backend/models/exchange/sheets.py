"""Spreadsheets of a resource: their columns, and cells that no program executes."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from backend.models.exchange.sheet_errors import is_error_text
from backend.models.platform.money import Money

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


class SheetResource(StrEnum):
    """The lists that can be exported to a spreadsheet and imported from one."""

    CUSTOMERS = "customers"
    LEADS = "leads"
    PRODUCTS = "products"
    TASKS = "tasks"


def harmless(text: str) -> str:
    """Return text that a spreadsheet shows and does not execute: anybody may have written it.

    An import reads it as text, whatever it looks like.
    """
    return f"'{text}" if _is_taken_for_more(text) else text


def as_written(text: str) -> str:
    """Return the text that `harmless` was given."""
    return text[1:] if text.startswith("'") and _is_taken_for_more(text) else text


def _is_taken_for_more(text: str) -> bool:
    return _FORMULA.match(text) is not None or is_error_text(text.lstrip("'"))


ColumnPath = tuple[str, ...]
"""The name of a field; for money, also which part of it."""


def columns_of(schema: type[BaseModel]) -> list[ColumnPath]:
    """Return one column per field; money gets two, so that it can be summed."""
    return list(_columns(schema))


def _columns(schema: type[BaseModel]) -> Iterator[ColumnPath]:
    for name, field in schema.model_fields.items():
        if field.annotation in {Money, Money | None}:
            yield from ((name, part) for part in Money.model_fields)
        else:
            yield (name,)


def header_of(column: ColumnPath) -> str:
    return "_".join(column)


def value_in(shown: dict[str, Any], column: ColumnPath) -> Any:
    """Return the value of a column in the dump of a schema."""
    name, *part = column
    value = shown[name]
    return value[part[0]] if part and value is not None else value
