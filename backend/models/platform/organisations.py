"""What keeps the rows of organisations apart, on every table that has some."""

from typing import Any, Final

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import SQLModel

from backend.core.scoped_database import ORGANISATION_SETTING
from backend.core.scopes import FIRST_ORGANISATION
from backend.models.platform.meanings import EVERYWHERE, never_taken

ORGANISATION_COLUMN: Final = "organisation_id"
PRESENT_ORGANISATION: Final = f"nullif(current_setting('{ORGANISATION_SETTING}', true), '')::uuid"
"""SQL: NULL where nothing was set. After a transaction that has set it, it is '' and not NULL."""

_NO_OTHER_ID = never_taken("the id alone is unique")


class OfOrganisation(SQLModel):
    """A row of one organisation: of its team, or of one person in it. Tables derive from it.

    The column is not an attribute of the model: nothing reads it, and PostgreSQL fills it in. So
    rows, answers and statements are the same as without it.
    """


class ActingIn(SQLModel):
    """A row of an account, which acts in one organisation, such as a session.

    It has the column alone: its owner sees it wherever they act.
    """


def divide_by_organisation() -> None:
    """Give each of these tables its column, and the constraints that keep to it.

    To be called once all tables are known:

    - A foreign key to another of these tables includes the column, so that no row can name a row
      of another organisation. What is referred to has both columns in one more index, which the
      other tables do without.
    - What is unique is so within an organisation.
    """
    tables = divided_tables()
    for table in (*tables, *map(table_of, ActingIn.__subclasses__())):
        _add_column(table)
    for table in tables:
        _widen_unique(table, tables)
    for table in tables:
        for key in sorted(table.foreign_key_constraints, key=lambda each: str(each.name)):
            if key.referred_table in tables:
                _widen_key(key)
    for referred in sorted(_referred(tables), key=lambda each: each.name):
        referred.append_constraint(UniqueConstraint("id", ORGANISATION_COLUMN, info=_NO_OTHER_ID))


def divided_tables() -> list[Table]:
    """The tables whose rows are of organisations."""
    return [table_of(model) for model in OfOrganisation.__subclasses__()]


def table_of(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # it is a table
    return table


def _referred(tables: list[Table]) -> set[Table]:
    keys = [key for table in tables for key in table.foreign_key_constraints]
    return {key.referred_table for key in keys} & set(tables)


def _add_column(table: Table) -> None:
    filled = f"coalesce({PRESENT_ORGANISATION}, '{FIRST_ORGANISATION}'::uuid)"
    column = Column(ORGANISATION_COLUMN, Uuid(), nullable=False, server_default=text(filled))
    table.append_column(column)


def _widen_key(key: ForeignKeyConstraint) -> None:
    """The new key keeps the name, and its own column comes first: errors are told by both."""
    table, referred = key.table, key.referred_table
    [column], [target] = key.column_keys, [each.column.name for each in key.elements]
    table.constraints.remove(key)
    for element in key.elements:
        element.parent.foreign_keys.discard(element)
        table.foreign_keys.discard(element)
    table.append_constraint(
        ForeignKeyConstraint(
            [column, ORGANISATION_COLUMN],
            [f"{referred.name}.{target}", f"{referred.name}.{ORGANISATION_COLUMN}"],
            name=key.name,
            # The column of the organisation stays as it is.
            ondelete=f"SET NULL ({column})" if key.ondelete == "SET NULL" else key.ondelete,
        )
    )


def _widen_unique(table: Table, tables: list[Table]) -> None:
    for constraint in list(table.constraints):
        if isinstance(constraint, UniqueConstraint):
            meaning = _meaning(constraint)
            if not (meaning.get(EVERYWHERE) or _is_within(constraint.columns, tables)):
                _widen_constraint(table, constraint, meaning)
    for index in list(table.indexes):
        if index.unique and not _is_within(index.columns, tables):
            _widen_index(table, index)


def _is_within(columns: Any, tables: list[Table]) -> bool:
    """Whether it names a row of these tables, which is of one organisation itself."""
    return any(key.column.table in tables for column in columns for key in column.foreign_keys)


def _meaning(constraint: UniqueConstraint) -> dict[Any, Any]:
    """Its own, or that of its only column."""
    columns = list(constraint.columns)
    return constraint.info or (columns[0].info if len(columns) == 1 else {})


def _widen_constraint(table: Table, constraint: UniqueConstraint, meaning: dict[Any, Any]) -> None:
    table.constraints.remove(constraint)
    table.append_constraint(
        UniqueConstraint(
            *constraint.columns,
            table.c[ORGANISATION_COLUMN],
            name=constraint.name,
            info=meaning,
        )
    )


def _widen_index(table: Table, index: Index) -> None:
    table.indexes.remove(index)
    where = index.dialect_options["postgresql"]["where"]
    Index(
        index.name,
        *index.expressions,
        table.c[ORGANISATION_COLUMN],
        unique=True,
        info=index.info,
        **({} if where is None else {"postgresql_where": where}),
    )
