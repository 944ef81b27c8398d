"""Full-text search: the column of each table that can be searched, and its index."""

from typing import Any

from sqlalchemy import Column, Computed, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import SQLModel

SEARCH_COLUMN = "search"


def make_searchable(model: type[SQLModel], title: str, text: str) -> None:
    """Add a generated column of the words in two SQL expressions; the first weighs more.

    The column is not an attribute of the model, so that only searches read it. `search_document`
    and `search_query` are functions of the database, created by a migration: they use the same
    configuration (`SEARCH_CONFIGURATION`).
    """
    table: Any = model.__table__  # type: ignore[attr-defined]  # it is a table
    document = Computed(f"search_document({title}, {text})", persisted=True)
    table.append_column(Column(SEARCH_COLUMN, TSVECTOR(), document))
    Index(f"ix_{table.name}_search", table.c[SEARCH_COLUMN], postgresql_using="gin")
