"""The organisation of each row: filled in by PostgreSQL, and kept to by its constraints."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from psycopg import sql
from psycopg.errors import ForeignKeyViolation, RaiseException, UniqueViolation
from sqlalchemy.exc import DBAPIError

from backend.core.migrations import alembic_config
from backend.core.scoped_database import ORGANISATION_SETTING
from backend.core.scopes import FIRST_ORGANISATION
from backend.models.identity.organisations import Organisation
from backend.models.platform.base import metadata
from backend.models.platform.organisations import ORGANISATION_COLUMN, divided_tables
from tests.factories import make_file, make_invitation, make_task, make_user

BEFORE = "2afb671b85d4"
OF_AN_ACCOUNT = "belongs to an account, which may be in several organisations"
BEFORE_SIGN_IN = "counts requests of people who are not signed in"
OF_INSTALLATION = "belongs to the installation, and no route of an organisation reads it"
OF_NONE = {
    "organisations": "is what the others name",
    "users": "an account may be in several organisations",
    "refresh_tokens": OF_AN_ACCOUNT,
    "account_tokens": OF_AN_ACCOUNT,
    "second_factors": OF_AN_ACCOUNT,
    "recovery_codes": OF_AN_ACCOUNT,
    "linked_identities": OF_AN_ACCOUNT,
    "passkeys": OF_AN_ACCOUNT,
    "notification_preferences": OF_AN_ACCOUNT,
    "provider_sign_ins": BEFORE_SIGN_IN,
    "used_challenges": BEFORE_SIGN_IN,
    "sign_in_failures": BEFORE_SIGN_IN,
    "mail_requests": BEFORE_SIGN_IN,
    "mails": OF_INSTALLATION,
    "job_failures": OF_INSTALLATION,
    "event_demands": OF_INSTALLATION,
}
"""Tables without the column, with the reason."""
WITHOUT_POLICY = {
    "sessions": "its owner sees and ends it wherever they act",
    "memberships": "the policy of accounts looks it up, and would be applied to itself",
}
"""Tables that have the column alone."""


def test_each_table_has_the_column_or_a_reason() -> None:
    without = {
        name for name, table in metadata.tables.items() if ORGANISATION_COLUMN not in table.c
    }

    assert without == set(OF_NONE)


def test_each_table_with_the_column_is_divided_or_has_a_reason() -> None:
    with_it = {name for name, table in metadata.tables.items() if ORGANISATION_COLUMN in table.c}

    assert with_it - {table.name for table in divided_tables()} == set(WITHOUT_POLICY)


def test_no_foreign_key_between_such_tables_leaves_the_organisation_out() -> None:
    tables = divided_tables()
    keys = [key for table in tables for key in table.foreign_key_constraints]
    between = [key for key in keys if key.referred_table in tables]

    assert between
    assert [key.name for key in between if ORGANISATION_COLUMN not in key.column_keys] == []


def add(connection: psycopg.Connection[Any], row: Any) -> None:
    """Insert a row of a model as the program does: without its organisation."""
    table = row.__table__
    values = {name: getattr(row, name) for name in type(row).model_fields if name in table.c}
    insertion = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(map(sql.Placeholder, values)),
    )
    connection.execute(insertion, values)


def organisations_of(connection: psycopg.Connection[Any], table: str) -> list[UUID]:
    """By row, the oldest first."""
    query = sql.SQL("SELECT organisation_id FROM {} ORDER BY id").format(sql.Identifier(table))
    return [organisation_id for (organisation_id,) in connection.execute(query)]


def act_for(connection: psycopg.Connection[Any], organisation_id: UUID) -> None:
    connection.execute(
        "SELECT set_config(%s, %s, true)", (ORGANISATION_SETTING, str(organisation_id))
    )


def test_rows_belong_to_the_organisation_that_is_set_or_else_to_the_first(
    fresh_database_url: str,
) -> None:
    other = uuid4()
    with psycopg.connect(fresh_database_url) as connection:
        add(connection, make_task())
        act_for(connection, other)
        add(connection, make_task())
        connection.commit()
        # What was set for a transaction is '' in the next one.
        add(connection, make_task())

        found = organisations_of(connection, "tasks")
    assert found == [FIRST_ORGANISATION, other, FIRST_ORGANISATION]


def test_what_is_unique_is_so_within_an_organisation(fresh_database_url: str) -> None:
    with psycopg.connect(fresh_database_url) as connection:
        person = make_user()
        add(connection, person)
        invited = {"email": "ada@example.com", "invited_by": person.id}
        add(connection, make_invitation(**invited))
        act_for(connection, uuid4())
        add(connection, make_invitation(**invited))

        with pytest.raises(UniqueViolation):
            add(connection, make_invitation(**invited))


def test_no_row_names_a_row_of_another_organisation(fresh_database_url: str) -> None:
    with psycopg.connect(fresh_database_url) as connection:
        owner, task = make_user(), make_task()
        add(connection, owner)
        add(connection, task)
        act_for(connection, uuid4())

        with pytest.raises(ForeignKeyViolation):
            add(connection, make_file(owner_id=owner.id, task_id=task.id))


def test_a_filled_database_gets_the_first_organisation_and_can_go_back(
    empty_database_url: str,
) -> None:
    config = alembic_config(empty_database_url)
    command.upgrade(config, BEFORE)
    task = make_task()
    with psycopg.connect(empty_database_url) as connection:
        add(connection, task)

    command.upgrade(config, "head")

    with psycopg.connect(empty_database_url) as connection:
        assert organisations_of(connection, "tasks") == [FIRST_ORGANISATION]
    command.downgrade(config, BEFORE)
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT id FROM tasks").fetchall() == [(task.id,)]


def test_there_is_no_way_back_while_there_are_several(empty_database_url: str) -> None:
    config = alembic_config(empty_database_url)
    command.upgrade(config, "head")
    with psycopg.connect(empty_database_url) as connection:
        add(connection, Organisation(name="Second"))

    with pytest.raises(DBAPIError, match="several organisations") as refusal:
        command.downgrade(config, BEFORE)

    assert isinstance(refusal.value.orig, RaiseException)
