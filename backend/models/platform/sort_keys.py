"""The order of names: as people expect it, and the same on every server, whatever its locale."""

from sqlalchemy import Index, text


def sorted_by(table: str, column: str) -> Index:
    """The index that serves a list sorted by a column of names.

    `sort_key` is a function of the database, made by a migration: bytes in which neither case nor
    accents count.
    """
    return Index(f"ix_{table}_{column}_id", text(f"sort_key({column})"), "id")
