"""Tables that go with an area come back as they were when their migration is taken back."""

import sqlalchemy as sa

from backend.core.database import database_url
from backend.models.platform.base import metadata
from scaffold.remove.catalog import StoredTable, referring_first, stored


def test_a_dropped_table_is_made_anew_with_all_that_it_had(fresh_database_url: str) -> None:
    engine = sa.create_engine(database_url(fresh_database_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        before = referring_first([stored(connection, name) for name in metadata.tables])
        for table in before:
            connection.execute(sa.text(f"DROP TABLE {table.name}"))
        for line in (line for table in reversed(before) for line in table.creation()):
            connection.exec_driver_sql(line)

        after = [stored(connection, table.name) for table in before]

    assert any(table.triggers for table in before)
    assert list(map(_content, after)) == list(map(_content, before))


def _content(table: StoredTable) -> tuple[object, ...]:
    """Conditions by their names: PostgreSQL words one that it reads again in another way."""
    names = {each.name for each in table.constraints} | {each.name for each in table.indexes}
    return table.name, table.columns, names, table.triggers
