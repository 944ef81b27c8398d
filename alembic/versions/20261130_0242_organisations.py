"""Organisations: one, which all rows belong to.

Revision: 7c41e09a5d36
Follows: 2afb671b85d4
Created: 2026-11-30 02:42:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "7c41e09a5d36"
down_revision: str | Sequence[str] | None = "2afb671b85d4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST = "'01976d5e-8f60-7c3a-9b52-5d1f0a6c7000'::uuid"
PRESENT = f"coalesce(nullif(current_setting('mvp.organisation', true), '')::uuid, {FIRST})"

TABLES = (
    "api_keys",
    "chat_messages",
    "chats",
    "customers",
    "events",
    "execution_steps",
    "executions",
    "files",
    "idempotent_requests",
    "invitations",
    "lead_products",
    "leads",
    "model_configs",
    "modules",
    "notifications",
    "output_schemas",
    "planned_actions",
    "products",
    "prompt_versions",
    "prompts",
    "tasks",
    "tools",
    "usage_records",
    "workflow_versions",
    "workflows",
)
KEYS = (
    ("chat_messages", "chat_id", "chats", "CASCADE"),
    ("chats", "model_config_id", "model_configs", "SET NULL"),
    ("chats", "module_id", "modules", None),
    ("execution_steps", "execution_id", "executions", "CASCADE"),
    ("files", "customer_id", "customers", None),
    ("files", "lead_id", "leads", None),
    ("files", "module_id", "modules", None),
    ("files", "task_id", "tasks", None),
    ("lead_products", "lead_id", "leads", "CASCADE"),
    ("lead_products", "product_id", "products", None),
    ("leads", "customer_id", "customers", None),
    ("prompt_versions", "prompt_id", "prompts", "CASCADE"),
    ("tasks", "customer_id", "customers", None),
    ("tasks", "lead_id", "leads", None),
    ("tasks", "module_id", "modules", None),
    ("workflow_versions", "workflow_id", "workflows", "CASCADE"),
)
"""The table, its column, the table that it refers to, and what happens on delete."""
REFERRED = sorted({referred for _, _, referred, _ in KEYS})
CONSTRAINTS = (
    ("idempotent_requests", "uq_idempotent_requests_user_id_key", ("user_id", "key")),
    ("notifications", "uq_notifications_user_id_event_id", ("user_id", "event_id")),
    ("output_schemas", "uq_output_schemas_name", ("name",)),
    ("prompts", "uq_prompts_name", ("name",)),
    ("tools", "uq_tools_name", ("name",)),
)
INDEXES = (
    ("invitations", "uq_invitations_email_open", ("email",), "accepted_at IS NULL"),
    ("model_configs", "uq_model_configs_default", ("is_default",), "is_default"),
    ("model_configs", "uq_model_configs_name", ("lower(name)",), None),
    ("products", "uq_products_sku", ("lower(sku)",), None),
    ("workflows", "uq_workflows_kind_name", ("kind", "lower(name)"), None),
)


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.execute(
        "INSERT INTO organisations (id, name, created_at, updated_at, version)"
        f" VALUES ({FIRST}, 'First organisation', now(), now(), 1)"
    )
    for table in TABLES:
        # A constant is not written to each row, so that large tables take no longer.
        op.execute(f"ALTER TABLE {table} ADD organisation_id uuid NOT NULL DEFAULT {FIRST}")
        op.execute(f"ALTER TABLE {table} ALTER organisation_id SET DEFAULT {PRESENT}")
    for table in REFERRED:
        op.create_unique_constraint(
            f"uq_{table}_id_organisation_id", table, ["id", "organisation_id"]
        )
    for table, column, referred, on_delete in KEYS:
        # The column of the organisation stays as it is.
        what = f"SET NULL ({column})" if on_delete == "SET NULL" else on_delete
        _replace_key(table, column, referred, what, "organisation_id")
    _replace_unique_rules("organisation_id")


def downgrade() -> None:
    op.execute(f"""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM organisations WHERE id <> {FIRST}) THEN
                RAISE EXCEPTION 'There are several organisations: delete all but the first.';
            END IF;
        END $$
        """)
    _replace_unique_rules()
    for table, column, referred, on_delete in KEYS:
        _replace_key(table, column, referred, on_delete)
    for table in REFERRED:
        op.drop_constraint(f"uq_{table}_id_organisation_id", table)
    for table in TABLES:
        op.drop_column(table, "organisation_id")
    op.drop_table("organisations")


def _replace_key(table: str, column: str, referred: str, on_delete: str | None, *more: str) -> None:
    name = f"fk_{table}_{column}_{referred}"
    op.drop_constraint(name, table)
    op.create_foreign_key(name, table, referred, [column, *more], ["id", *more], ondelete=on_delete)


def _replace_unique_rules(*more: str) -> None:
    for table, name, columns in CONSTRAINTS:
        op.drop_constraint(name, table)
        op.create_unique_constraint(name, table, [*columns, *more])
    for table, name, expressions, condition in INDEXES:
        op.drop_index(name, table)
        op.create_index(
            name,
            table,
            [sa.text(each) for each in (*expressions, *more)],
            unique=True,
            postgresql_where=sa.text(condition) if condition else None,
        )
