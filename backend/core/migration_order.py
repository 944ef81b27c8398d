"""The order of the changes in a migration that Alembic generates."""

from collections.abc import Callable

from alembic.operations.ops import (
    CreateUniqueConstraintOp,
    DowngradeOps,
    DropConstraintOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
    UpgradeOps,
)

_TARGET = {"id", "organisation_id"}
"""What keys refer to: always there, unlike columns that the same migration may add."""


def order_targets(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    """What keys refer to is unique before they are there, and until they are gone."""
    for script in scripts:
        for operations in (script.upgrade_ops, script.downgrade_ops):
            if operations is not None:
                added = _taken_out(operations, _adds_target)
                dropped = _taken_out(operations, _drops_target)
                operations.ops = [*added, *operations.ops, *dropped]


def _adds_target(operation: MigrateOperation) -> bool:
    return isinstance(operation, CreateUniqueConstraintOp) and set(operation.columns) == _TARGET


def _drops_target(operation: MigrateOperation) -> bool:
    is_unique = isinstance(operation, DropConstraintOp) and operation.constraint_type == "unique"
    return is_unique and _adds_target(operation.reverse())


def _taken_out(
    operations: UpgradeOps | DowngradeOps, is_meant: Callable[[MigrateOperation], bool]
) -> list[MigrateOperation]:
    taken = []
    for change in operations.ops:
        if isinstance(change, ModifyTableOps):
            taken += [each for each in change.ops if is_meant(each)]
            change.ops = [each for each in change.ops if not is_meant(each)]
    return taken
