"""Indexes of lists, where there are many organisations: they lead with the organisation.

Otherwise a page of one would read past the rows of all others. They keep their names, so that
migrations find them.
"""

import re
from typing import Any, Final

import psycopg
from psycopg import sql

from backend.models.platform.organisations import ORGANISATION_COLUMN, divided_tables

_LISTED = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    JOIN pg_am ON pg_am.oid = relam
    WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique AND amname = 'btree'
"""
_PLAIN: Final = re.compile(rf"USING btree \((?!{ORGANISATION_COLUMN}\b)")
_LEADING: Final = re.compile(rf"USING btree \({ORGANISATION_COLUMN}, ")


def divide_indexes(connection: psycopg.Connection[Any]) -> None:
    """Have each index lead with the organisation that does not yet."""
    _rewrite(connection, _PLAIN, f"USING btree ({ORGANISATION_COLUMN}, ")


def unite_indexes(connection: psycopg.Connection[Any]) -> None:
    _rewrite(connection, _LEADING, "USING btree (")


def _rewrite(connection: psycopg.Connection[Any], found: re.Pattern[str], instead: str) -> None:
    tables = [table.name for table in divided_tables()]
    for name, definition in connection.execute(_LISTED, [tables]).fetchall():
        rewritten = found.sub(instead, definition)
        if rewritten != definition:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(name)))
            connection.execute(sql.SQL(rewritten))
