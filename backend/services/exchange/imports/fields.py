"""The importable columns of a resource, and how their cells are read."""

from collections.abc import Mapping, Sequence, Set
from functools import cache
from types import NoneType
from typing import Annotated, Any, NamedTuple, get_args, get_origin
from uuid import UUID

from pydantic import MISSING, AwareDatetime

from backend.models.exchange.sheets import ColumnPath, columns_of, header_of
from backend.services.exchange.imports.cells import (
    Read,
    read_amount,
    read_flag,
    read_ids,
    read_moment,
    read_text,
    read_trimmed,
)
from backend.services.exchange.imports.resources import Resource

ID: ColumnPath = ("id",)
EMAIL: ColumnPath = ("email of the person",)

_READERS: dict[Any, Read] = {bool: read_flag, AwareDatetime: read_moment, list[UUID]: read_ids}


class Column(NamedTuple):
    """
    Attributes:
        path: the field, and its part if it has parts.
        blank: the value of a blank cell; MISSING if it has none.
    """

    path: ColumnPath
    read: Read
    blank: Any = MISSING


@cache
def columns_for(resource: Resource[Any]) -> Mapping[str, Column]:
    """Return the columns by header."""
    columns = {header_of(path): _column(path, resource) for path in _input_paths(resource)}
    columns["id"] = Column(ID, read_trimmed)
    if resource.person:
        header = resource.person.replace("_id", "_email")
        columns[header] = Column(EMAIL, read_trimmed, MISSING if resource.person_is_needed else "")
    return columns


@cache
def only_exported(resource: Resource[Any]) -> Set[str]:
    """Return the headers of exports that can't be imported."""
    return {header_of(path) for path in columns_of(resource.shown)} - columns_for(resource).keys()


@cache
def required_headers(resource: Resource[Any]) -> Sequence[str]:
    fields = resource.create.model_fields
    return [header_of(path) for path in _input_paths(resource) if fields[path[0]].is_required()]


def _input_paths(resource: Resource[Any]) -> list[ColumnPath]:
    return [path for path in columns_of(resource.create) if path[0] not in resource.not_imported]


def _column(path: ColumnPath, resource: Resource[Any]) -> Column:
    name = path[0]
    kinds = _kinds(resource.create.model_fields[name].annotation)
    blank = _blank(name, resource)
    # White space around free text is kept.
    text = read_text if blank == "" else read_trimmed
    if path[1:] == ("amount",):
        text = read_amount
    return Column(path, next((_READERS[kind] for kind in kinds if kind in _READERS), text), blank)


def _blank(name: str, resource: Resource[Any]) -> Any:
    """Return the value of a blank cell.

    As in the API: null if the field may be null, and an empty text or list if that is its default.
    Any other field stays unchanged.
    """
    if NoneType in _kinds(resource.update.model_fields[name].annotation):
        return None
    default = resource.create.model_fields[name].default
    return default if default in ("", []) else MISSING


def _kinds(annotation: Any) -> set[Any]:
    """Return the members of a union, without Annotated metadata."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (None, list):
        return {annotation}
    return {kind for each in get_args(annotation) for kind in _kinds(each)}
