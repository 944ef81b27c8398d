"""Policies: on every table, for the role of the program, and taken away again."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from filelock import FileLock
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from backend.core.config import ConfigurationError, DatabaseSettings, Settings
from backend.core.database import Database, libpq_url, owner_url
from backend.core.permissions import Role
from backend.core.scoped_database import EVERYTHING_ROLE
from backend.core.scopes import FIRST, FIRST_ORGANISATION, SYSTEM, Within
from backend.models.identity.organisations import Organisation
from backend.models.platform.organisations import divided_tables
from backend.repositories.sql.platform.division import check_role, divide, unite
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity.members import MemberService
from tests.factories import make_module, make_product, make_user
from tests.fixtures.organisations import Company, divided_settings

_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
_MEMBERSHIP = """
    SELECT rolcanlogin, rolinherit, pg_has_role(rolname, %s, 'MEMBER')
    FROM pg_roles WHERE rolname = %s
"""
_PROTECTED = """
    SELECT tablename FROM pg_policies JOIN pg_class ON relname = tablename
    WHERE policyname = 'of_organisation' AND relrowsecurity
"""


def test_each_table_of_organisations_has_the_policy(divided: Settings) -> None:
    with psycopg.connect(owner_url(divided.database)) as connection:
        protected = {table for (table,) in connection.execute(_PROTECTED)}

    assert protected == {table.name for table in divided_tables()} | {"organisations", "users"}


async def test_the_program_sees_nothing_unless_it_says_for_whom(
    companies: tuple[Company, Company], divided: Settings
) -> None:
    with psycopg.connect(libpq_url(divided.database)) as connection:
        for table in [*(each.name for each in divided_tables()), "organisations", "users"]:
            [(count,)] = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
            assert (table, count) == (table, 0)


async def test_connections_keep_no_organisation(
    companies: tuple[Company, Company], divided: Settings
) -> None:
    database = Database(divided.database)
    units = SqlUnitOfWorkFactory(database)
    for scope in (companies[0].scope, SYSTEM):
        async with units.reading(scope) as reading:
            assert await reading.tasks.find(companies[0].ids["tasks"])
        async with units(scope) as unit:
            assert await unit.tasks.get(companies[0].ids["tasks"], for_update=True)
    settings = "SELECT current_setting('mvp.organisation', true), current_user::text"

    [kept] = await database.statements.run(settings, {})
    async with database.engine.connect() as connection:
        [also_kept] = await connection.exec_driver_sql(settings)

    await database.close()
    assert kept == tuple(also_kept) == ("", make_url(libpq_url(divided.database)).username)


async def test_nothing_is_written_for_another_organisation(
    companies: tuple[Company, Company], divided: Settings
) -> None:
    own, other = companies
    with psycopg.connect(libpq_url(divided.database)) as connection:
        connection.execute(
            "SELECT set_config('mvp.organisation', %s, true)", [str(own.scope.organisation_id)]
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "UPDATE tasks SET organisation_id = %s", [other.scope.organisation_id]
            )


def test_the_program_refuses_a_role_that_no_policy_binds(divided: Settings) -> None:
    check_role(libpq_url(divided.database))

    with pytest.raises(ConfigurationError, match=r"is a superuser: .* DATABASE_OWNER_URL"):
        check_role(owner_url(divided.database))


def test_a_new_role_of_the_program_takes_the_other_on_purpose_only(
    freshly_divided: Settings, run_folder: Path
) -> None:
    owner, name = owner_url(freshly_divided.database), f"mvp_{uuid4().hex[:12]}"
    with psycopg.connect(owner, autocommit=True) as connection:
        try:
            with FileLock(run_folder / "roles.lock"):
                divide(owner, name, "password")

            found = connection.execute(_MEMBERSHIP, [EVERYTHING_ROLE, name]).fetchall()
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
    assert found == [(True, False, True)]


def test_a_role_that_is_missing_is_told(divided: Settings) -> None:
    unknown = make_url(libpq_url(divided.database)).set(username="mvp_nobody")

    with pytest.raises(ConfigurationError, match="run `mvp migrate upgrade` first"):
        check_role(unknown.render_as_string(hide_password=False))


def test_the_program_refuses_a_table_without_its_policy(freshly_divided: Settings) -> None:
    with psycopg.connect(owner_url(freshly_divided.database)) as connection:
        connection.execute("ALTER TABLE tasks DISABLE ROW LEVEL SECURITY")

    with pytest.raises(ConfigurationError, match="tasks without a policy: run `mvp migrate"):
        check_role(libpq_url(freshly_divided.database))


async def test_one_becomes_many_and_many_one_again(
    fresh_database_url: str, run_folder: Path
) -> None:
    before, member = Database(DatabaseSettings(url=SecretStr(fresh_database_url))), make_user()
    product, module = make_product(), make_module(owner_id=member.id)
    schema = indexes(fresh_database_url)
    async with SqlUnitOfWorkFactory(before)(FIRST) as unit:
        await unit.users.save(member)
        await unit.products.save(product)
        await unit.commit()
    await before.close()
    settings = divided_settings(fresh_database_url, run_folder)
    many = Database(settings.database)
    units = SqlUnitOfWorkFactory(many)

    async with units.reading(FIRST) as reading:
        assert (await reading.users.get(member.id)).role is member.role
        assert await reading.products.find(product.id)
    async with units.reading(Within(uuid4())) as reading:
        assert await reading.products.known([product.id]) == set()
        assert await reading.users.find(member.id) is None

    second = Organisation(name="Second")
    async with units(SYSTEM) as unit:
        await unit.organisations.save(second)
        await unit.commit()
    await MemberService(units).set_role(member.id, Role.MANAGER, None)
    async with units(Within(member.id)) as unit:
        await unit.modules.save(module)
        await unit.commit()
    with pytest.raises(ConfigurationError, match="there are 2 organisations: delete all but one"):
        unite(fresh_database_url)
    async with units(SYSTEM) as unit:
        await unit.organisations.erase(second.id)
        await unit.commit()
    await many.close()

    unite(fresh_database_url)

    assert indexes(fresh_database_url) == schema
    after = Database(DatabaseSettings(url=SecretStr(fresh_database_url)))
    async with SqlUnitOfWorkFactory(after).reading(FIRST) as reading:
        assert (await reading.users.get(member.id)).role is Role.MANAGER
        assert await reading.products.find(product.id)
    await after.close()
    with psycopg.connect(fresh_database_url) as connection:
        [(found,)] = connection.execute("SELECT organisation_id FROM modules")
        [(count,)] = connection.execute("SELECT count(*) FROM memberships")
    assert (found, count) == (FIRST_ORGANISATION, 0)


def indexes(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        definitions = [definition for (definition,) in connection.execute(_INDEXES)]
    # PostgreSQL writes the same casts in another way once they were read.
    return {re.sub(r"::[a-z ]+(\[\])?|[()]", "", each) for each in definitions}


def test_indexes_of_lists_lead_with_the_organisation(divided: Settings) -> None:
    plain = [
        each
        for each in indexes(owner_url(divided.database))
        if "UNIQUE" not in each
        and "USING btree organisation_id" not in each
        and any(f"ON public.{table.name} USING btree" in each for table in divided_tables())
    ]

    assert plain == []


def test_dividing_again_changes_nothing(freshly_divided: Settings) -> None:
    url = owner_url(freshly_divided.database)
    program = make_url(libpq_url(freshly_divided.database))
    before = indexes(url)
    with psycopg.connect(url) as connection:
        add_account_of_nobody(connection)

    divide(url, str(program.username), program.password)

    assert indexes(url) == before
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT FROM memberships").fetchall() == []


def add_account_of_nobody(connection: psycopg.Connection[Any]) -> None:
    """Somebody who has registered, and belongs to no organisation."""
    connection.execute(
        "INSERT INTO users (id, email, full_name, password_hash, role, is_active, created_at,"
        " updated_at, version) VALUES (gen_random_uuid(), 'new@example.com', 'New', '', 'guest',"
        " true, now(), now(), 1)"
    )
