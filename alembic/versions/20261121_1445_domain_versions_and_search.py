"""The rest of the domain, versions and search

Revision: 08236bbe6456
Follows: 9e84c6c28d11
Created: 2026-11-21 14:45:41.717755+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "08236bbe6456"
down_revision: str | Sequence[str] | None = "9e84c6c28d11"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Bodies are expressions, not text: they name what they call once and for all, whatever the
# search path is when a backup is restored.
FUNCTIONS = (
    """
    CREATE FUNCTION search_configuration() RETURNS regconfig
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'simple'::regconfig
    """,
    # What is written in one falls apart in texts and in queries: offer_2026.pdf, spring-fair.
    """
    CREATE FUNCTION search_document(title text, body text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(to_tsvector(search_configuration(), translate(title, '._-/@', '     ')), 'A')
        || setweight(to_tsvector(search_configuration(), translate(body, '._-/@', '     ')), 'B')
    """,
    # The last word may be the beginning of one, unless it ends a phrase or is ruled out.
    r"""
    CREATE FUNCTION search_query(q text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT CASE
            WHEN parsed LIKE '%''' AND q !~ '"\s*$' AND q !~ '(^|\s)-\S*$'
            THEN (parsed || '\:*')::tsquery
            ELSE parsed::tsquery
        END
        FROM (
            SELECT websearch_to_tsquery(
                search_configuration(),
                regexp_replace(
                    regexp_replace(q, '(?<!\S)-([^\s"]*\w[._/@-][^\s"]*)', '-"\1"', 'g'),
                    '(?<=\w)[._/@-]+', ' ', 'g'
                )
            )::text
        ) AS query(parsed)
    )
    """,
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("price_amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("price_currency", sa.String(length=3), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("search_document(sku || ' ' || name, description)", persisted=True),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_index(
        op.f("ix_products_created_at_id"), "products", ["created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_products_name_id"), "products", ["name", "id"], unique=False)
    op.create_index(
        "ix_products_search", "products", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_products_updated_at_id"), "products", ["updated_at", "id"], unique=False
    )
    op.create_index("uq_products_sku", "products", [sa.literal_column("lower(sku)")], unique=True)
    op.create_table(
        "idempotent_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column(
            "headers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_idempotent_requests_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_requests")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_idempotent_requests_user_id_key")),
    )
    op.create_index(
        op.f("ix_idempotent_requests_created_at"),
        "idempotent_requests",
        ["created_at"],
        unique=False,
    )
    op.create_table(
        "modules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_modules_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modules")),
    )
    op.create_index(
        op.f("ix_modules_owner_id_created_at_id"),
        "modules",
        ["owner_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_modules_owner_id_position_id"),
        "modules",
        ["owner_id", "position", "id"],
        unique=False,
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("estimated_value_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("estimated_value_currency", sa.String(length=3), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("converted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "search_document(name || ' ' || coalesce(company, '') || ' ' || coalesce(email, '')"
                ", coalesce(phone, '') || ' ' || coalesce(source, '') || ' ' || notes)",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_leads_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_leads_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
    )
    op.create_index(op.f("ix_leads_created_at_id"), "leads", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_leads_customer_id_created_at_id"),
        "leads",
        ["customer_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_leads_name_id"), "leads", ["name", "id"], unique=False)
    op.create_index(
        op.f("ix_leads_owner_id_created_at_id"),
        "leads",
        ["owner_id", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_leads_search", "leads", ["search"], unique=False, postgresql_using="gin")
    op.create_index(
        op.f("ix_leads_status_created_at_id"), "leads", ["status", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_leads_updated_at_id"), "leads", ["updated_at", "id"], unique=False)
    op.create_table(
        "lead_products",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["leads.id"],
            name=op.f("fk_lead_products_lead_id_leads"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_lead_products_product_id_products")
        ),
        sa.PrimaryKeyConstraint("lead_id", "product_id", name=op.f("pk_lead_products")),
    )
    op.create_index(
        op.f("ix_lead_products_product_id"), "lead_products", ["product_id"], unique=False
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("module_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("search_document(name, '')", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "num_nonnulls(customer_id, lead_id, task_id, module_id) <= 1",
            name=op.f("ck_files_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_files_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_files_lead_id_leads")),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_files_module_id_modules")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_files_owner_id_users")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_files_task_id_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_created_at_id"), "files", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_files_customer_id_created_at_id"),
        "files",
        ["customer_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_files_lead_id_created_at_id"),
        "files",
        ["lead_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_files_module_id_created_at_id"),
        "files",
        ["module_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_files_name_id"), "files", ["name", "id"], unique=False)
    op.create_index(
        op.f("ix_files_owner_id_created_at_id"),
        "files",
        ["owner_id", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_files_search", "files", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_files_size_id"), "files", ["size", "id"], unique=False)
    op.create_index(
        op.f("ix_files_task_id_created_at_id"),
        "files",
        ["task_id", "created_at", "id"],
        unique=False,
    )
    op.add_column("customers", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "customers", sa.Column("version", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column(
        "customers",
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "search_document(name || ' ' || coalesce(company, '') || ' ' || coalesce(email, '')"
                ", coalesce(phone, '') || ' ' || notes)",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.drop_index(op.f("ix_customers_owner_id"), table_name="customers")
    op.create_index(
        op.f("ix_customers_owner_id_created_at_id"),
        "customers",
        ["owner_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_customers_search", "customers", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_customers_status_created_at_id"),
        "customers",
        ["status", "created_at", "id"],
        unique=False,
    )
    op.add_column("tasks", sa.Column("lead_id", sa.Uuid(), nullable=True))
    op.add_column("tasks", sa.Column("module_id", sa.Uuid(), nullable=True))
    op.add_column("tasks", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "tasks",
        sa.Column("checklist", postgresql.JSONB(), nullable=False, server_default="[]"),
    )
    op.add_column(
        "tasks",
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("search_document(title, description)", persisted=True),
            nullable=True,
        ),
    )
    op.drop_index(op.f("ix_tasks_assignee_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_customer_id"), table_name="tasks")
    op.create_index(
        op.f("ix_tasks_assignee_id_created_at_id"),
        "tasks",
        ["assignee_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tasks_customer_id_created_at_id"),
        "tasks",
        ["customer_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tasks_lead_id_created_at_id"),
        "tasks",
        ["lead_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tasks_module_id_created_at_id"),
        "tasks",
        ["module_id", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_tasks_search", "tasks", ["search"], unique=False, postgresql_using="gin")
    op.create_index(
        op.f("ix_tasks_status_created_at_id"), "tasks", ["status", "created_at", "id"], unique=False
    )
    op.create_foreign_key(op.f("fk_tasks_lead_id_leads"), "tasks", "leads", ["lead_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_tasks_module_id_modules"), "tasks", "modules", ["module_id"], ["id"]
    )
    op.add_column("users", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_index(op.f("ix_users_created_at_id"), "users", ["created_at", "id"], unique=False)
    # The defaults were for the rows that were there.
    for table in ("customers", "tasks", "users"):
        op.alter_column(table, "version", server_default=None)
    op.alter_column("tasks", "checklist", server_default=None)


def downgrade() -> None:
    op.drop_index(op.f("ix_users_created_at_id"), table_name="users")
    op.drop_column("users", "version")
    op.drop_constraint(op.f("fk_tasks_module_id_modules"), "tasks", type_="foreignkey")
    op.drop_constraint(op.f("fk_tasks_lead_id_leads"), "tasks", type_="foreignkey")
    op.drop_index(op.f("ix_tasks_status_created_at_id"), table_name="tasks")
    op.drop_index("ix_tasks_search", table_name="tasks", postgresql_using="gin")
    op.drop_index(op.f("ix_tasks_module_id_created_at_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_lead_id_created_at_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_customer_id_created_at_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_assignee_id_created_at_id"), table_name="tasks")
    op.create_index(op.f("ix_tasks_customer_id"), "tasks", ["customer_id"], unique=False)
    op.create_index(op.f("ix_tasks_assignee_id"), "tasks", ["assignee_id"], unique=False)
    op.drop_column("tasks", "search")
    op.drop_column("tasks", "checklist")
    op.drop_column("tasks", "version")
    op.drop_column("tasks", "module_id")
    op.drop_column("tasks", "lead_id")
    op.drop_index(op.f("ix_customers_status_created_at_id"), table_name="customers")
    op.drop_index("ix_customers_search", table_name="customers", postgresql_using="gin")
    op.drop_index(op.f("ix_customers_owner_id_created_at_id"), table_name="customers")
    op.create_index(op.f("ix_customers_owner_id"), "customers", ["owner_id"], unique=False)
    op.drop_column("customers", "search")
    op.drop_column("customers", "version")
    op.drop_column("customers", "archived_at")
    op.drop_index(op.f("ix_files_task_id_created_at_id"), table_name="files")
    op.drop_index(op.f("ix_files_size_id"), table_name="files")
    op.drop_index("ix_files_search", table_name="files", postgresql_using="gin")
    op.drop_index(op.f("ix_files_owner_id_created_at_id"), table_name="files")
    op.drop_index(op.f("ix_files_name_id"), table_name="files")
    op.drop_index(op.f("ix_files_module_id_created_at_id"), table_name="files")
    op.drop_index(op.f("ix_files_lead_id_created_at_id"), table_name="files")
    op.drop_index(op.f("ix_files_customer_id_created_at_id"), table_name="files")
    op.drop_index(op.f("ix_files_created_at_id"), table_name="files")
    op.drop_table("files")
    op.drop_index(op.f("ix_lead_products_product_id"), table_name="lead_products")
    op.drop_table("lead_products")
    op.drop_index(op.f("ix_leads_updated_at_id"), table_name="leads")
    op.drop_index(op.f("ix_leads_status_created_at_id"), table_name="leads")
    op.drop_index("ix_leads_search", table_name="leads", postgresql_using="gin")
    op.drop_index(op.f("ix_leads_owner_id_created_at_id"), table_name="leads")
    op.drop_index(op.f("ix_leads_name_id"), table_name="leads")
    op.drop_index(op.f("ix_leads_customer_id_created_at_id"), table_name="leads")
    op.drop_index(op.f("ix_leads_created_at_id"), table_name="leads")
    op.drop_table("leads")
    op.drop_index(op.f("ix_modules_owner_id_position_id"), table_name="modules")
    op.drop_index(op.f("ix_modules_owner_id_created_at_id"), table_name="modules")
    op.drop_table("modules")
    op.drop_index(op.f("ix_idempotent_requests_created_at"), table_name="idempotent_requests")
    op.drop_table("idempotent_requests")
    op.drop_index("uq_products_sku", table_name="products")
    op.drop_index(op.f("ix_products_updated_at_id"), table_name="products")
    op.drop_index("ix_products_search", table_name="products", postgresql_using="gin")
    op.drop_index(op.f("ix_products_name_id"), table_name="products")
    op.drop_index(op.f("ix_products_created_at_id"), table_name="products")
    op.drop_table("products")
    op.execute("DROP FUNCTION search_query(text)")
    op.execute("DROP FUNCTION search_document(text, text)")
    op.execute("DROP FUNCTION search_configuration()")
