import pytest

from backend.models.platform.base import metadata
from backend.models.platform.meanings import EVERYWHERE, KEPT, NEVER_TAKEN, REFERENCE, TAKEN
from backend.repositories.sql.platform.constraints import unique_constraints

FOREIGN_KEYS = [key for table in metadata.tables.values() for key in table.foreign_key_constraints]
COLUMNS = [column for table in metadata.tables.values() for column in table.columns]


@pytest.mark.parametrize(("name", "noted"), sorted(dict(unique_constraints()).items()))
def test_each_unique_constraint_says_what_it_means_or_why_it_is_never_violated(
    name: str, noted: dict[str, str]
) -> None:
    assert noted.keys() - {EVERYWHERE} in ({TAKEN}, {NEVER_TAKEN}), name
    assert all(noted.values())


def test_only_columns_of_foreign_keys_say_what_referring_means() -> None:
    referring = {column for key in FOREIGN_KEYS for column in key.columns}

    noted = {column for column in COLUMNS if column.info.keys() & {KEPT, REFERENCE}}

    assert noted
    assert noted <= referring


def test_a_unique_column_notes_it_once() -> None:
    names = [name for name, _ in unique_constraints()]

    assert len(names) == len(set(names))
