"""Reads the header row: which column is for which field."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from backend.models.exchange.imports import RowError
from backend.models.platform.characters import UNSEEN, as_typed
from backend.services.exchange.imports.fields import (
    EMAIL,
    Column,
    columns_for,
    only_exported,
    required_headers,
)
from backend.services.exchange.imports.resources import Resource
from backend.services.exchange.protocols import Cell, CellFault

HEADERS_ROW = 1
_BETWEEN_WORDS = re.compile(r"[\s_-]+")


class BadHeadersError(Exception):
    """No row of the file can be imported."""

    def __init__(self, errors: list[RowError]) -> None:
        super().__init__()
        self.errors = errors


class Headers(NamedTuple):
    """
    Attributes:
        columns: in the order of the file; None for a skipped column.
        names: as written in the file.
    """

    columns: list[Column | None]
    names: list[str]

    @property
    def ignored(self) -> list[str]:
        return [
            name
            for name, column in zip(self.names, self.columns, strict=True)
            if name and column is None
        ]

    def name_of(self, field: str, *part: str) -> str | None:
        """Return the header of the column for a field, or for a part of it."""
        named = zip(self.names, self.columns, strict=True)
        paths = {column.path: name for name, column in named if column and column.path[0] == field}
        return paths.get((field, *part)) or next(iter(paths.values()), None)


def read_headers(
    row: Sequence[Cell], resource: Resource[Any], mapping: Mapping[str, str]
) -> Headers:
    """`mapping` has the fields of headers with other names. Raises BadHeadersError."""
    names = _names(row)
    renamed = _renamed(mapping)
    normal = _normal(names)
    fields = [renamed.get(name, name) for name in normal]
    known = columns_for(resource)
    errors = [
        *_unknown(names, fields, resource),
        *_twice(names, fields),
        *_missing(fields, resource),
        *_unused(renamed, normal),
    ]
    if errors:
        raise BadHeadersError(errors)
    return Headers([known.get(field) for field in fields], names)


def _names(row: Sequence[Cell]) -> list[str]:
    names = [_name(cell) for cell in row]
    while names and not names[-1]:
        names.pop()
    return names


def _name(cell: Cell) -> str:
    if isinstance(cell, CellFault):
        raise BadHeadersError([_error(None, cell.message)])
    return "" if cell is None else str(cell).strip(UNSEEN)


def _normal(headers: Iterable[str]) -> list[str]:
    """Normalise headers: `Due at` and `DUE_AT` are the same."""
    typed = [as_typed(header) for header in headers]
    return [_BETWEEN_WORDS.sub("_", header.strip(UNSEEN).lower()) for header in typed]


def _renamed(mapping: Mapping[str, str]) -> dict[str, str]:
    """Normalise a mapping. Raises BadHeadersError."""
    headers = _normal(mapping)
    twice = [
        _error(header, "`mapping` names this column twice, written otherwise: remove one of them.")
        for place, header in enumerate(mapping)
        if headers[place] in headers[:place]
    ]
    if twice:
        raise BadHeadersError(twice)
    return dict(zip(headers, _normal(mapping.values()), strict=True))


def _error(column: str | None, message: str) -> RowError:
    return RowError(row=HEADERS_ROW, column=column, message=message)


def _unknown(
    names: Sequence[str], fields: Sequence[str], resource: Resource[Any]
) -> list[RowError]:
    known = columns_for(resource)
    passed_over = only_exported(resource)
    return [
        _error(name, f"There is no such column: remove it, or name one of {', '.join(known)}.")
        for name, field in zip(names, fields, strict=True)
        if field and field not in known and field not in passed_over
    ]


def _twice(names: Sequence[str], fields: Sequence[str]) -> list[RowError]:
    return [
        _error(name, "The column occurs twice: remove one of them.")
        for place, (name, field) in enumerate(zip(names, fields, strict=True))
        if field and field in fields[:place]
    ]


def _missing(fields: Sequence[str], resource: Resource[Any]) -> list[RowError]:
    needed = required_headers(resource)
    errors = [
        _error(header, "The column is missing: add it, or name it in `mapping`.")
        for header in needed
        if header not in fields
    ]
    known = columns_for(resource)
    given = {known[field].path for field in fields if field in known}
    for header, column in known.items():
        name, *part = column.path
        has_other_part = any(path[0] == name for path in given)
        if part and header not in needed and has_other_part and column.path not in given:
            errors.append(_error(header, "An amount needs its currency too: add the column."))
    if resource.person and {EMAIL, (resource.person,)} <= given:
        errors.append(
            _error(resource.person, "The person is given twice: keep the id or the address.")
        )
    return errors


def _unused(renamed: Mapping[str, str], normal: Sequence[str]) -> list[RowError]:
    return [
        _error(header, "`mapping` names this column, but the file does not have it: correct it.")
        for header in renamed
        if header not in normal
    ]
