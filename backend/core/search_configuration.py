"""The text search configuration: the rules by which the database splits text into words."""

import psycopg
from psycopg import sql

from backend.core.config import ConfigurationError

_LOCK = 6_837_201_947
"""Any number that nothing else in the database locks."""

_SEARCHABLE = """
    SELECT document.table_name, array_agg(source.column_name::text)
    FROM information_schema.columns AS document
    JOIN information_schema.columns AS source USING (table_schema, table_name)
    WHERE document.table_schema = current_schema() AND document.column_name = 'search'
      AND document.is_generated = 'ALWAYS' AND source.data_type = 'character varying'
    GROUP BY document.table_name
"""


def use_search_configuration(url: str, name: str) -> bool:
    """Switch columns and queries to a configuration. Returns whether it was another before.

    A switch rewrites every searchable row in one transaction: minutes for millions of rows.

    Raises:
        ConfigurationError: the database does not know the configuration.
    """
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if _current(connection) in {name, None}:
            return False
        _check_known(connection, name)
        connection.execute(
            sql.SQL(
                "CREATE OR REPLACE FUNCTION search_configuration() RETURNS regconfig"
                " LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN {}::regconfig"
            ).format(name)
        )
        for table, columns in connection.execute(_SEARCHABLE).fetchall():
            connection.execute(_rewrite(table, columns))
    return True


def _current(connection: psycopg.Connection) -> str | None:
    """None if the database is not migrated."""
    exists = connection.execute("SELECT to_regprocedure('search_configuration()')").fetchone()
    if exists == (None,):
        return None
    found = connection.execute("SELECT search_configuration()::text").fetchone()
    return str(found[0]) if found else None


def _check_known(connection: psycopg.Connection, name: str) -> None:
    known = [row[0] for row in connection.execute("SELECT cfgname FROM pg_ts_config ORDER BY 1")]
    if name not in known:
        raise ConfigurationError(
            f"SEARCH_CONFIGURATION: the database has no configuration {name!r}; "
            f"choose one of {', '.join(known)}"
        )


def _rewrite(table: str, columns: list[str]) -> sql.Composed:
    """Writing a source column recomputes the generated column."""
    same = [sql.SQL("{0} = {0}").format(sql.Identifier(column)) for column in columns]
    return sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), sql.SQL(", ").join(same))
