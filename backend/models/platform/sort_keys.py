"""The order of names: as people expect, and the same on every server, whatever its locale."""

from sqlalchemy import Index, text


def sorted_by(table: str, column: str) -> Index:
    """Return the index for a list sorted by a column of names.

    `sort_key` is a function of the database, created by a migration: bytes that ignore case and
    accents.
    """
    return Index(f"ix_{table}_{column}_id", text(f"sort_key({column})"), "id")
