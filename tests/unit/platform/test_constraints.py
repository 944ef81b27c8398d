from typing import cast

import pytest
from psycopg.errors import Diagnostic, ForeignKeyViolation
from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, Table
from sqlalchemy.exc import IntegrityError

from backend.core.errors import InvalidInputError
from backend.models.platform.base import metadata
from backend.models.platform.meanings import EVERYWHERE, KEPT, NEVER_TAKEN, REFERENCE, TAKEN
from backend.repositories.sql.platform import constraints
from backend.repositories.sql.platform.constraints import explain, unique_constraints

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


class Violated(ForeignKeyViolation):
    """As the driver raises it, which fills in the names by itself."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    @property
    def diag(self) -> Diagnostic:
        return cast(Diagnostic, self)

    @property
    def constraint_name(self) -> str:
        return self._name


def test_a_foreign_key_whose_name_is_too_long_for_postgresql_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    column = "the_customer_that_is_to_be_told_of_it_id"
    tables = MetaData(naming_convention=metadata.naming_convention)
    Table("customers", tables, Column("id", Integer, primary_key=True))
    rows = Table("purchase_order_lines", tables, Column(column, Integer))
    rows.append_constraint(ForeignKeyConstraint([column], ["customers.id"]))
    monkeypatch.setattr(constraints, "metadata", tables)
    # Neither is kept, as others ask for those of the product.
    for name in ("_unique", "_foreign_keys"):
        monkeypatch.setattr(constraints, name, getattr(constraints, name).__wrapped__)

    [name] = constraints._foreign_keys()
    with pytest.raises(InvalidInputError) as refused:
        explain(IntegrityError("INSERT", {}, Violated(name)))

    assert len(name) <= 63
    assert refused.value.field == column
