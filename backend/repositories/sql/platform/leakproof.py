"""Functions that PostgreSQL may call on a row before it has looked at its policy.

Otherwise no index serves a condition that calls one: a search, or a page of a list by name after
the first, would read all rows of the organisation. A function may be called early if it tells
nothing of a row but by its result, in no error either. These don't, and a superuser alone can say
so.
"""

from typing import Any, Final

import psycopg
from psycopg import sql

from backend.core.logging import get_logger

FUNCTIONS: Final = (
    "sort_key(text)",
    "pg_catalog.lower(text)",
    "pg_catalog.array_position(anycompatiblearray, anycompatible)",
    "pg_catalog.ts_match_vq(tsvector, tsquery)",
)
"""What the indexes of tables with a policy are made of."""

_log = get_logger(__name__)


def vouch_for_functions(connection: psycopg.Connection[Any]) -> None:
    """Let indexes serve conditions that call them. Warns if the role may not say so."""
    if _may_vouch(connection):
        _alter_all(connection, "LEAKPROOF")
    else:
        _log.warning("functions_not_leakproof", functions=FUNCTIONS)


def vouch_no_more(connection: psycopg.Connection[Any]) -> None:
    if _may_vouch(connection):
        _alter_all(connection, "NOT LEAKPROOF")


def _may_vouch(connection: psycopg.Connection[Any]) -> bool:
    [(is_super,)] = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    return bool(is_super)


def _alter_all(connection: psycopg.Connection[Any], state: str) -> None:
    for function in FUNCTIONS:
        connection.execute(
            sql.SQL("ALTER FUNCTION {} {}").format(sql.SQL(function), sql.SQL(state))
        )
