"""Runs migrations, one process at a time, on the database that the caller names."""

from collections.abc import Callable
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import (
    CreateUniqueConstraintOp,
    DowngradeOps,
    DropConstraintOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
    UpgradeOps,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

import backend.models  # noqa: F401  # registers the tables
from backend.core.database import database_url
from backend.models.platform.base import metadata

_LOCK = 6_837_201_946
"""Any number that nothing else in the database locks."""


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write plain SQLAlchemy types, so that revisions stand when models and SQLModel change."""
    if kind != "type":
        return False
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    if isinstance(item, sa.TypeDecorator) and isinstance(item.impl_instance, JSONB):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "postgresql.JSONB()"
    return False


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """The tables of jobs are procrastinate's, and no model of ours describes them."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def order_unique(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    """What keys refer to is unique before they are there, and until they are gone."""
    for script in scripts:
        for operations in (script.upgrade_ops, script.downgrade_ops):
            if operations is not None:
                added = _taken_out(operations, _adds_unique)
                dropped = _taken_out(operations, _drops_unique)
                operations.ops = [*added, *operations.ops, *dropped]


def _adds_unique(operation: MigrateOperation) -> bool:
    return isinstance(operation, CreateUniqueConstraintOp)


def _drops_unique(operation: MigrateOperation) -> bool:
    return isinstance(operation, DropConstraintOp) and operation.constraint_type == "unique"


def _taken_out(
    operations: UpgradeOps | DowngradeOps, is_meant: Callable[[MigrateOperation], bool]
) -> list[MigrateOperation]:
    taken = []
    for change in operations.ops:
        if isinstance(change, ModifyTableOps):
            taken += [each for each in change.ops if is_meant(each)]
            change.ops = [each for each in change.ops if not is_meant(each)]
    return taken


def run() -> None:
    engine = sa.create_engine(database_url(context.config.attributes["url"]), poolclass=sa.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_item=render_item,
            include_name=include_name,
            process_revision_directives=order_unique,
            transaction_per_migration=True,
        )
        connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
        connection.commit()
        with context.begin_transaction():
            context.run_migrations()


run()
