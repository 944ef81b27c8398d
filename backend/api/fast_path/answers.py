"""Writes rows as the JSON of a response without validating them again.

A row was validated on its way into the database. A response with the same fields and rules needs no
second validation; everything else is validated as by FastAPI.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi._compat import ModelField
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import ResponseValidationError
from pydantic import TypeAdapter
from sqlmodel import SQLModel

from backend.models.platform.paging import Page

Write = Callable[[Any], bytes]
_new, _set = object.__new__, object.__setattr__


def adapter_of(field: ModelField) -> TypeAdapter[Any]:
    """Return the field by which FastAPI itself validates."""
    return field._type_adapter  # noqa: SLF001  # `validate` would describe errors for nobody


def writer_of(field: ModelField | None) -> Write:
    """Return the writer for a route with this response field; it raises as FastAPI does."""
    if field is None:
        return lambda result: json.dumps(jsonable_encoder(result)).encode()
    shown = field.field_info.annotation
    view = _page_view(shown) if _is_page(shown) else _row_view(shown)
    adapter = adapter_of(field)

    def write(result: Any) -> bytes:
        content = view(result)
        if content is None:
            content, errors = field.validate(result, {}, loc=("response",))
            if errors:
                raise ResponseValidationError(errors, body=result)
        return adapter.dump_json(content, by_alias=True)

    return write


View = Callable[[Any], Any]
"""Returns the response model of a result, or None if the result must be validated."""


def _row_view(shown: Any) -> View:
    show = _shown_as(shown)
    return lambda row: show(row) if _is_seen_as(shown, [row]) else None


def _page_view(shown: Any) -> View:
    (of_row,) = shown.__pydantic_generic_metadata__["args"]
    show = _shown_as(of_row)

    def view(page: Any) -> Any:
        if not (isinstance(page, Page) and _is_seen_as(of_row, page.items)):
            return None
        made = _new(shown)
        _set(made, "__dict__", {**page.__dict__, "items": [show(row) for row in page.items]})
        return made

    return view


def _is_page(shown: Any) -> bool:
    return (
        isinstance(shown, type)
        and shown.__bases__ == (Page,)
        and len(_fields(shown)) == len(_fields(Page))
    )


def _is_seen_as(shown: Any, rows: list[Any]) -> bool:
    """Whether every field of the response is a field of the row, with the same rules."""
    for row in rows:
        table: Any = type(row)
        names = _same_fields(table, shown)
        if names is None or not row.__dict__.keys() >= names:
            return False
    return True


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, SQLModel)


@cache
def _same_fields(table: Any, shown: Any) -> frozenset[str] | None:
    """Return the names of the response fields; None if the table differs in one of them."""
    if not (_is_model(table) and _is_model(shown)):
        return None
    of_table = _fields(table)
    same = (
        name in of_table and of_table[name].annotation == field.annotation
        for name, field in _fields(shown).items()
    )
    plain = not shown.model_computed_fields and all(same)
    return frozenset(_fields(shown)) if plain else None


def _shown_as(shown: Any) -> Callable[[Any], Any]:
    """Return a function that copies a row's values into an instance that is only serialised."""
    names = tuple(_fields(shown)) if _is_model(shown) else ()

    def show(row: Any) -> Any:
        values = row.__dict__
        made = _new(shown)
        _set(made, "__dict__", {name: values[name] for name in names})
        return made

    return show


def _fields(model: Any) -> dict[str, Any]:
    fields: dict[str, Any] = model.__pydantic_fields__
    return fields
