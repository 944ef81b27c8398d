"""The databases of tests: what one test leaves, no other finds."""

from contextlib import closing

import psycopg
import pytest

from tests.fixtures.postgres import cloned_database
from tests.fixtures.reused_databases import ReusedDatabase, schema_kept

LEFT = """
    INSERT INTO organisations (id, name, created_at, updated_at, version)
    VALUES (gen_random_uuid(), 'Left', now(), now(), 1)
"""
COUNT = "SELECT count(*) FROM organisations"
WIDENED = "ALTER TABLE organisations ADD colour text"


def test_rows_are_deleted_and_changed_tables_made_anew(server_url: str, template: str) -> None:
    with closing(ReusedDatabase(lambda: cloned_database(server_url, template))) as database:
        with database.lent() as first, psycopg.connect(first) as connection:
            connection.execute(LEFT)
        with database.lent() as second, psycopg.connect(second) as connection:
            [(found,)] = connection.execute(COUNT)
            connection.execute(WIDENED)
        with (
            database.lent() as third,
            pytest.raises(AssertionError, match="has changed tables"),
            schema_kept(third),
            psycopg.connect(third) as connection,
        ):
            connection.execute(WIDENED)

    assert (second, found) == (first, 1)
    assert third != first
