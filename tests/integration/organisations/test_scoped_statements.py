"""Single statements within an organisation: one round trip, and nothing left on the connection."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.core.config import Settings
from backend.core.database import Database, libpq_url, owner_url
from backend.core.scoped_database import ORGANISATION_SETTING, ScopedStatements
from backend.core.scopes import FIRST, FIRST_ORGANISATION, SYSTEM
from tests.factories import make_task
from tests.fixtures.http_server import until

WHERE = f"SELECT current_setting('{ORGANISATION_SETTING}', true), current_user::text"
SLEEP = "SELECT pg_sleep(600)"
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE query = %s AND state = 'active'"
PID = "SELECT pg_backend_pid()"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %(setting)s"


@pytest.fixture
def statements(divided_database: Database) -> ScopedStatements:
    return ScopedStatements(divided_database.statements, FIRST)


async def test_each_statement_is_within_the_organisation(
    statements: ScopedStatements, divided_database: Database
) -> None:
    # More often than psycopg waits before it prepares a statement.
    for _ in range(10):
        [(organisation, _)] = await statements.run(WHERE, {})
        assert organisation == str(FIRST_ORGANISATION)

        [(left, _)] = await divided_database.statements.run(WHERE, {})
        assert not left


async def test_the_system_has_its_role_for_one_statement(divided_database: Database) -> None:
    of_system = ScopedStatements(divided_database.statements, SYSTEM)

    [(_, role)] = await of_system.run(WHERE, {})
    [(_, left)] = await divided_database.statements.run(WHERE, {})

    assert (role, left) != (left, role)
    assert role == "mvp_everything"


async def test_a_session_for_reading_sees_the_organisation_and_refuses_to_write(
    divided_database: Database,
) -> None:
    async with divided_database.within(FIRST).reading_session() as session:
        connection = await session.connection()
        [(organisation, _)] = (await connection.execute(text(WHERE))).all()
        await session.flush()
        session.add(make_task())
        with pytest.raises(RuntimeError, match="can't write"):
            await session.flush()

    assert organisation == str(FIRST_ORGANISATION)


async def test_a_refused_statement_does_nothing_and_keeps_its_connection(
    statements: ScopedStatements, divided_database: Database
) -> None:
    [(pid,)] = await statements.run(PID, {})

    with pytest.raises(DBAPIError):
        await statements.run("SELECT 1 / 0", {})

    [(left, _)] = await divided_database.statements.run(WHERE, {})
    assert not left
    assert await statements.run(PID, {}) == [(pid,)]


async def test_a_statement_that_was_given_up_leaves_nothing_to_others(
    statements: ScopedStatements, divided: Settings
) -> None:
    given_up = asyncio.create_task(statements.run(SLEEP, {}))
    with psycopg.connect(libpq_url(divided.database), autocommit=True) as other:

        def is_there() -> bool:
            [(count,)] = other.execute(SLEEPING, [SLEEP])
            return bool(count)

        await until(is_there)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        await until(lambda: not is_there())

    for _ in range(3):
        [(organisation, _)] = await statements.run(WHERE, {})
        assert organisation == str(FIRST_ORGANISATION)


@pytest.fixture
async def own_database(freshly_divided: Settings) -> AsyncIterator[Database]:
    """Whose tables and connections no other test uses."""
    database = Database(freshly_divided.database)
    yield database
    await database.close()


async def test_a_statement_is_prepared_anew_after_a_migration(
    own_database: Database, freshly_divided: Settings
) -> None:
    statements = ScopedStatements(own_database.statements, FIRST)
    for _ in range(10):
        await statements.run("SELECT * FROM tasks", {})
    with psycopg.connect(owner_url(freshly_divided.database)) as owner:
        owner.execute("ALTER TABLE tasks ADD colour text")

    assert await statements.run("SELECT * FROM tasks", {}) == []


async def test_a_statement_without_a_scope_that_is_prepared_anew_leaves_the_others_working(
    own_database: Database, freshly_divided: Settings
) -> None:
    statements = ScopedStatements(own_database.statements, FIRST)
    for _ in range(10):
        await statements.run(PID, {})
        await own_database.statements.run("SELECT * FROM organisations", {})
    with psycopg.connect(owner_url(freshly_divided.database)) as owner:
        owner.execute("ALTER TABLE organisations ADD colour text")
    await own_database.statements.run("SELECT * FROM organisations", {})

    [(organisation, _)] = await statements.run(WHERE, {})

    assert organisation == str(FIRST_ORGANISATION)


async def test_what_enters_an_organisation_is_prepared_once(own_database: Database) -> None:
    statements = ScopedStatements(own_database.statements, FIRST)
    for _ in range(3):
        found = await statements.run(PREPARED, {"setting": f"%{ORGANISATION_SETTING}%"})

    assert found == [(1,)]
