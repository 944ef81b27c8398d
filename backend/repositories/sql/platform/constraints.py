"""What each violated constraint means to the person who violated it: one table each way.

A foreign key that is in no table is explained by its column and the table that it refers to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from psycopg.errors import IntegrityError as DriverIntegrityError
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from backend.core.errors import ConflictError, DomainError, unknown_reference
from backend.models.platform.base import metadata

UNIQUE = {
    "uq_users_email": "There is a user with this e-mail address already.",
    "uq_invitations_email_open": (
        "There is an open invitation to this e-mail address already: send it again, or revoke it."
    ),
    "procrastinate_jobs_queueing_lock_idx_v1": (
        "The same job waits already: its next run does what this one did not."
    ),
    "uq_products_sku": "There is a product with this SKU already; archived ones count as well.",
    "uq_workflows_kind_name": "There is a workflow of this kind with this name already.",
    "uq_output_schemas_name": "There is a schema with this name already.",
    "uq_prompts_name": "There is a prompt with this name already.",
    "uq_model_configs_default": (
        "Another model configuration was made the default at the same time: try again."
    ),
    "uq_model_configs_name": "There is a model configuration with this name already.",
}

REFERENCES = {
    "fk_lead_products_product_id_products": ("product_ids", "product"),
    "fk_chats_model_config_id_model_configs": ("model_config_id", "model configuration"),
}
"""Foreign keys whose field or kind of row is not called like the column or the table."""

_FILLED = "Something was put into this module at the same time: delete it again."

REFERRED = {
    "fk_tasks_customer_id_customers": (
        "Tasks still refer to this customer: delete them or give them another customer first. "
        "Or archive the customer."
    ),
    "fk_leads_customer_id_customers": (
        "A lead was converted to this customer: archive the customer, or delete the lead first."
    ),
    "fk_files_customer_id_customers": (
        "Files are attached to this customer: delete them first, or archive the customer."
    ),
    "fk_tasks_lead_id_leads": (
        "Tasks still refer to this lead: delete them or take them off the lead first."
    ),
    "fk_files_lead_id_leads": "Files are attached to this lead: delete them first.",
    "fk_lead_products_product_id_products": (
        "Leads are interested in this product: archive it, or take it off the leads first."
    ),
    "fk_files_task_id_tasks": "Files are attached to this task: delete them first.",
    "fk_tasks_module_id_modules": _FILLED,
    "fk_files_module_id_modules": _FILLED,
    "fk_chats_module_id_modules": _FILLED,
}


_CHANGED = "Somebody else has changed it at the same time: read it again, then repeat the change."


@contextmanager
def domain_errors() -> Iterator[None]:
    """Turn the violation of a unique constraint or a foreign key into a domain error."""
    try:
        yield
    except IntegrityError as error:
        known = _meaning(error)
        if known is None:
            raise
        raise known from error
    except StaleDataError as error:
        raise ConflictError(_CHANGED) from error


def _meaning(error: IntegrityError) -> DomainError | None:
    cause = error.orig
    name = cause.diag.constraint_name if isinstance(cause, DriverIntegrityError) else None
    if name in UNIQUE:
        return ConflictError(UNIQUE[name])
    if name not in _foreign_keys():
        return None
    if (error.statement or "").lstrip().upper().startswith("DELETE"):
        return ConflictError(REFERRED.get(name) or _still_referred(name))
    return unknown_reference(*(REFERENCES.get(name) or _reference(name)))


@cache
def _foreign_keys() -> dict[str, ForeignKeyConstraint]:
    return {
        str(key.name): key
        for table in metadata.tables.values()
        for key in table.foreign_key_constraints
    }


def _still_referred(name: str) -> str:
    rows = _foreign_keys()[name].table.name.replace("_", " ")
    return f"Other rows ({rows}) still refer to it: delete or change them first."


def _reference(name: str) -> tuple[str, str]:
    """The field, and what a row of the table is called that it refers to."""
    key = _foreign_keys()[name]
    return key.column_keys[0], key.referred_table.name.removesuffix("s").replace("_", " ")
