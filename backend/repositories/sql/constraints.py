"""What each violated constraint means to the person who violated it: one table each way."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import IntegrityError as DriverIntegrityError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from backend.core.errors import ConflictError, DomainError, unknown_reference

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
    "uq_model_configs_name": "There is a model configuration with this name already.",
}

REFERENCES = {
    "fk_customers_owner_id_users": ("owner_id", "user"),
    "fk_leads_owner_id_users": ("owner_id", "user"),
    "fk_lead_products_product_id_products": ("product_ids", "product"),
    "fk_tasks_assignee_id_users": ("assignee_id", "user"),
    "fk_tasks_customer_id_customers": ("customer_id", "customer"),
    "fk_tasks_lead_id_leads": ("lead_id", "lead"),
    "fk_tasks_module_id_modules": ("module_id", "module"),
    "fk_files_customer_id_customers": ("customer_id", "customer"),
    "fk_files_lead_id_leads": ("lead_id", "lead"),
    "fk_files_task_id_tasks": ("task_id", "task"),
    "fk_files_module_id_modules": ("module_id", "module"),
}

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
}


_CHANGED = "Somebody else has changed it at the same time: read it again, then repeat the change."


@contextmanager
def domain_errors(*, deleting: bool = False) -> Iterator[None]:
    """Turn the violation of a constraint that stands in a table above into a domain error."""
    try:
        yield
    except IntegrityError as error:
        name = _constraint(error)
        known = _when_deleting(name) if deleting else _when_saving(name)
        if known is None:
            raise
        raise known from error
    except StaleDataError as error:
        raise ConflictError(_CHANGED) from error


def _constraint(error: IntegrityError) -> str:
    cause = error.orig
    return (cause.diag.constraint_name or "") if isinstance(cause, DriverIntegrityError) else ""


def _when_saving(name: str) -> DomainError | None:
    if name in UNIQUE:
        return ConflictError(UNIQUE[name])
    if name in REFERENCES:
        return unknown_reference(*REFERENCES[name])
    return None


def _when_deleting(name: str) -> DomainError | None:
    return ConflictError(REFERRED[name]) if name in REFERRED else None
