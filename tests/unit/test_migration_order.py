from alembic.operations.ops import (
    AddColumnOp,
    CreateTableOp,
    CreateUniqueConstraintOp,
    DowngradeOps,
    DropTableOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
    UpgradeOps,
)
from sqlalchemy import Column, Integer

from backend.core.migration_order import order_targets


def ordered(*operations: MigrateOperation) -> list[str]:
    """The names of the operations in their order; those on one table stand by themselves."""
    script = MigrationScript("1", UpgradeOps(list(operations)), DowngradeOps([]))
    order_targets(None, None, [script])
    upgrade = script.upgrade_ops
    assert upgrade is not None
    return [
        type(change).__name__
        for each in upgrade.ops
        for change in (each.ops if isinstance(each, ModifyTableOps) else [each])
    ]


TARGET = CreateUniqueConstraintOp("uq_shelves", "shelves", ["id", "organisation_id"])


def test_what_a_new_table_refers_to_is_unique_before_it_is_there() -> None:
    found = ordered(CreateTableOp("books", []), ModifyTableOps("shelves", [TARGET]))

    assert found == ["CreateUniqueConstraintOp", "CreateTableOp"]


def test_it_is_unique_until_the_table_that_refers_to_it_is_gone() -> None:
    found = ordered(ModifyTableOps("shelves", [TARGET.reverse()]), DropTableOp("books"))

    assert found == ["DropTableOp", "DropConstraintOp"]


def test_what_is_unique_in_a_new_column_stays_behind_it() -> None:
    column = AddColumnOp("shelves", Column("code", Integer()))
    unique = CreateUniqueConstraintOp("uq_code", "shelves", ["code", "organisation_id"])

    assert ordered(ModifyTableOps("shelves", [column, unique])) == [
        "AddColumnOp",
        "CreateUniqueConstraintOp",
    ]
    assert ordered(ModifyTableOps("shelves", [unique.reverse(), column.reverse()])) == [
        "DropConstraintOp",
        "DropColumnOp",
    ]
