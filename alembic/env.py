"""Runs migrations, one process at a time, on the database that the caller names."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

import backend.models  # noqa: F401  # registers the tables
from backend.core.database import database_url
from backend.core.migration_order import order_targets
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


def run() -> None:
    engine = sa.create_engine(database_url(context.config.attributes["url"]), poolclass=sa.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_item=render_item,
            include_name=include_name,
            process_revision_directives=order_targets,
            transaction_per_migration=True,
        )
        connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
        connection.commit()
        with context.begin_transaction():
            context.run_migrations()


run()
