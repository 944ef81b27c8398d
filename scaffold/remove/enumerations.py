"""What columns lose whose enumeration loses members: rows that the program could not read."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

import backend.models  # noqa: F401  # registers the tables
from backend.models.platform.base import metadata

Values = Mapping[str, list[str]]
"""The values that each column may have, by `table.column`."""


def enumerations(models: sa.MetaData = metadata) -> Values:
    return {str(column): enumeration.enums for column, enumeration in _enumerated(models)}


def clean_up(before: Values, models: sa.MetaData = metadata) -> list[str]:
    """Return what takes values out that no member has now: the row, or an optional value."""
    return [
        _without(column, gone)
        for column, enumeration in _enumerated(models)
        if (gone := [each for each in before[str(column)] if each not in enumeration.enums])
    ]


def _enumerated(models: sa.MetaData) -> Iterator[tuple[sa.Column[str], sa.Enum]]:
    for table in models.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, sa.Enum):
                yield column, column.type


def _without(column: sa.Column[str], values: list[str]) -> str:
    # The column's own type refuses values that are no members.
    cell: sa.ColumnClause[str] = sa.column(column.name)
    table = sa.table(column.table.name, cell)
    change: sa.Update | sa.Delete = sa.delete(table)
    if column.nullable:
        change = sa.update(table).values({column.name: None})
    lost = change.where(cell.in_(values))
    return str(lost.compile(compile_kwargs={"literal_binds": True}))
