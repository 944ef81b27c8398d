"""Products, customers and leads

Revision: e83b5c16d7a0
Follows: 71d2ac4e80f9
Created: 2026-11-29 18:05:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "e83b5c16d7a0"
down_revision: str | Sequence[str] | None = "71d2ac4e80f9"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
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
    op.create_index(op.f("ix_products_created_at_id"), "products", ["created_at", "id"])
    op.create_index("ix_products_name_id", "products", [sa.literal_column("sort_key(name)"), "id"])
    op.create_index("ix_products_search", "products", ["search"], postgresql_using="gin")
    op.create_index("ix_products_sku_id", "products", [sa.literal_column("sort_key(sku)"), "id"])
    op.create_index(op.f("ix_products_updated_at_id"), "products", ["updated_at", "id"])
    op.create_index("uq_products_sku", "products", [sa.literal_column("lower(sku)")], unique=True)
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("company", sa.String(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_customers_owner_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index(op.f("ix_customers_created_at_id"), "customers", ["created_at", "id"])
    op.create_index(op.f("ix_customers_email"), "customers", ["email"])
    op.create_index(
        "ix_customers_name_id", "customers", [sa.literal_column("sort_key(name)"), "id"]
    )
    op.create_index(
        op.f("ix_customers_owner_id_created_at_id"), "customers", ["owner_id", "created_at", "id"]
    )
    op.create_index("ix_customers_search", "customers", ["search"], postgresql_using="gin")
    op.create_index(
        op.f("ix_customers_status_created_at_id"), "customers", ["status", "created_at", "id"]
    )
    op.create_index(op.f("ix_customers_updated_at_id"), "customers", ["updated_at", "id"])
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
    op.create_index(op.f("ix_leads_created_at_id"), "leads", ["created_at", "id"])
    op.create_index(
        op.f("ix_leads_customer_id_created_at_id"), "leads", ["customer_id", "created_at", "id"]
    )
    op.create_index(op.f("ix_leads_email"), "leads", ["email"])
    op.create_index("ix_leads_name_id", "leads", [sa.literal_column("sort_key(name)"), "id"])
    op.create_index(
        op.f("ix_leads_owner_id_created_at_id"), "leads", ["owner_id", "created_at", "id"]
    )
    op.create_index("ix_leads_search", "leads", ["search"], postgresql_using="gin")
    op.create_index(op.f("ix_leads_status_created_at_id"), "leads", ["status", "created_at", "id"])
    op.create_index(op.f("ix_leads_updated_at_id"), "leads", ["updated_at", "id"])
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
    op.create_index(op.f("ix_lead_products_product_id"), "lead_products", ["product_id"])


def downgrade() -> None:
    op.drop_table("lead_products")
    op.drop_table("leads")
    op.drop_table("customers")
    op.drop_table("products")
