"""Has PostgreSQL keep the rows of organisations apart, by row-level security.

One policy a table compares the row with a setting. Only that of accounts looks something up, by an
index, in the memberships, which have none: policies that look each other up would apply to each
other, for each row. Owners and superusers are bound by none, so the program has a role of its own,
which owns nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

import psycopg
from psycopg import sql

from backend.core.config import ConfigurationError
from backend.core.scoped_database import EVERYTHING_ROLE, POLICY
from backend.core.scopes import FIRST_ORGANISATION
from backend.models.platform.organisations import (
    ORGANISATION_COLUMN,
    PRESENT_ORGANISATION,
    divided_tables,
)
from backend.repositories.sql.platform.divided_indexes import divide_indexes, unite_indexes
from backend.repositories.sql.platform.leakproof import vouch_for_functions, vouch_no_more

POLICY_OF_ALL: Final = "of_everything"

_MEMBERS = f"""
    id = {PRESENT_ORGANISATION} OR EXISTS (
        SELECT FROM memberships
        WHERE user_id = users.id AND organisation_id = {PRESENT_ORGANISATION}
    )
"""
_OTHERS: Final = {
    # A new one is not yet where anybody acts.
    "organisations": f"id = {PRESENT_ORGANISATION}) WITH CHECK (true",
    # Whoever belongs to none acts for themselves alone. New accounts belong to none yet.
    "users": f"{_MEMBERS}) WITH CHECK (true",
}
"""Tables without the column, with what their rows have to meet."""

_ROLES = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) THEN
            CREATE ROLE {role} {options};
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- Somebody else has just created it.
    END $$
"""
_GRANTS = """
    GRANT USAGE ON SCHEMA public TO {roles};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {roles};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {roles};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {roles};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {roles};
"""
_MEMBERSHIP = """
    SELECT rolinherit, pg_has_role(rolname, %(everything)s, 'MEMBER')
    FROM pg_roles WHERE rolname = %(role)s
"""
_UNSUITABLE = """
    SELECT rolsuper, rolbypassrls,
        EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid),
        coalesce(pg_has_role(oid, to_regrole(%(everything)s), 'USAGE'), false)
    FROM pg_roles WHERE rolname = current_user
"""
_REMEDY = "name a role that owns nothing in DATABASE_URL, and its owner in DATABASE_OWNER_URL"

_JOIN_THE_FIRST = """
    INSERT INTO memberships (id, user_id, organisation_id, role, created_at, updated_at, version)
    SELECT gen_random_uuid(), id, %(first)s, role, created_at, now(), 1 FROM users
    ON CONFLICT DO NOTHING
"""
_TAKE_ROLES = """
    UPDATE users SET role = coalesce(
        (SELECT role FROM memberships WHERE user_id = users.id AND organisation_id = %(first)s),
        'guest'
    )
"""
_APPEND_ONLY = frozenset({"events"})


def divide(owner_url: str, role: str, password: str | None) -> None:
    """Create the role of the program where it is missing, and the policies that bind it."""
    with psycopg.connect(owner_url) as connection:
        _prepare_role(connection, role, password)
        if not _protected(connection):
            connection.execute(_JOIN_THE_FIRST, {"first": FIRST_ORGANISATION})
        for table, condition in _conditions().items():
            _protect(connection, table, condition)
        divide_indexes(connection)
        vouch_for_functions(connection)


def unite(owner_url: str) -> None:
    """Take the policies away, if there are any, and let all rows be those of the first.

    Raises:
        ConfigurationError: there are several organisations, whose rows would be one's.
    """
    with psycopg.connect(owner_url) as connection:
        tables = _protected(connection)
        if not tables:
            return
        [(count,)] = connection.execute("SELECT count(*) FROM organisations")
        if count > 1:
            raise ConfigurationError(
                f"ORGANISATIONS=one: there are {count} organisations: delete all but one with "
                "`mvp organisation delete`, or set ORGANISATIONS=many"
            )
        for table in tables:
            _unprotect(connection, table)
        unite_indexes(connection)
        vouch_no_more(connection)
        first = {"first": FIRST_ORGANISATION}
        connection.execute(_TAKE_ROLES, first)
        connection.execute("DELETE FROM memberships")
        # The same person may have used the same key in both places.
        connection.execute(
            "DELETE FROM idempotent_requests WHERE organisation_id <> %(first)s", first
        )
        connection.execute(_take_rows(), first)


def check_role(url: str) -> None:
    """Raises ConfigurationError if the role of the program would not be bound by policies."""
    with _connected(url) as connection:
        [(is_super, bypasses, owns, inherits)] = connection.execute(
            _UNSUITABLE, {"everything": EVERYTHING_ROLE}
        )
        unprotected = sorted(_conditions().keys() - _protected(connection))
    if is_super or bypasses or owns or inherits:
        what = "is a superuser" if is_super else "owns tables" if owns else "passes policies by"
        raise ConfigurationError(f"ORGANISATIONS=many: the role of the program {what}: {_REMEDY}")
    if unprotected:
        raise ConfigurationError(
            f"ORGANISATIONS=many: {', '.join(unprotected)} without a policy: "
            "run `mvp migrate upgrade`"
        )


def _connected(url: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(url)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigurationError(
            f"ORGANISATIONS=many: {reason}: if the role of the program is missing, "
            "run `mvp migrate upgrade` first"
        ) from None


def _conditions() -> Mapping[str, str]:
    """By table: what its rows have to meet."""
    # Not as a subquery, which would be evaluated once: the planner does not know its value, and a
    # search among 1,000 organisations took 6.3 ms instead of 2.7.
    of_organisation = f"{ORGANISATION_COLUMN} = {PRESENT_ORGANISATION}"
    return {table.name: of_organisation for table in divided_tables()} | _OTHERS


def _protected(connection: psycopg.Connection[Any]) -> set[str]:
    """Tables that have their policy, and apply it."""
    protected = connection.execute(
        "SELECT tablename FROM pg_policies JOIN pg_class ON relname = tablename"
        " WHERE policyname = %s AND relrowsecurity",
        [POLICY],
    )
    return {table for (table,) in protected}


def _prepare_role(connection: psycopg.Connection[Any], role: str, password: str | None) -> None:
    _create_role(connection, EVERYTHING_ROLE, sql.SQL("NOLOGIN"))
    login: sql.Composable = sql.SQL("LOGIN")
    if password is not None:
        login = sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(password))
    _create_role(connection, role, login)
    names = {"role": sql.Identifier(role), "everything": sql.Identifier(EVERYTHING_ROLE)}
    [(inherits, is_member)] = connection.execute(
        _MEMBERSHIP, {"role": role, "everything": EVERYTHING_ROLE}
    )
    if inherits:
        # It takes that role on purpose only.
        connection.execute(sql.SQL("ALTER ROLE {role} NOINHERIT").format(**names))
    if not is_member:
        connection.execute(sql.SQL("GRANT {everything} TO {role}").format(**names))
    roles = sql.SQL("{role}, {everything}").format(**names)
    connection.execute(sql.SQL(_GRANTS).format(roles=roles))


def _create_role(connection: psycopg.Connection[Any], name: str, options: sql.Composable) -> None:
    connection.execute(
        sql.SQL(_ROLES).format(name=sql.Literal(name), role=sql.Identifier(name), options=options)
    )


def _protect(connection: psycopg.Connection[Any], table: str, condition: str) -> None:
    _unprotect(connection, table)
    names = {
        "table": sql.Identifier(table),
        "policy": sql.Identifier(POLICY),
        "policy_of_all": sql.Identifier(POLICY_OF_ALL),
        "everything": sql.Identifier(EVERYTHING_ROLE),
        "condition": sql.SQL(condition),
    }
    for statement in (
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY {policy} ON {table} USING ({condition})",
        "CREATE POLICY {policy_of_all} ON {table} TO {everything} USING (true)",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def _unprotect(connection: psycopg.Connection[Any], table: str) -> None:
    named = sql.Identifier(table)
    for policy in (POLICY, POLICY_OF_ALL):
        connection.execute(
            sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(sql.Identifier(policy), named)
        )
    connection.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(named))


def _take_rows() -> sql.Composed:
    """Return the statement that gives the first organisation what belongs to people in none.

    It is one for all tables: foreign keys are looked at when it ends.
    """
    taking = "{0} AS (UPDATE {0} SET {1} = %(first)s WHERE {1} <> %(first)s)"
    tables = [table.name for table in divided_tables() if table.name not in _APPEND_ONLY]
    parts = [
        sql.SQL(taking).format(sql.Identifier(table), sql.Identifier(ORGANISATION_COLUMN))
        for table in tables
    ]
    return sql.SQL("WITH {} SELECT").format(sql.SQL(", ").join(parts))
