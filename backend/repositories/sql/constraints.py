"""What each violated constraint means to the person who violated it: one table each way."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import IntegrityError as DriverIntegrityError
from sqlalchemy.exc import IntegrityError

from backend.core.errors import ConflictError, DomainError, unknown_reference

UNIQUE = {
    "uq_users_email": "There is a user with this e-mail address already.",
}

REFERENCES = {
    "fk_customers_owner_id_users": ("owner_id", "user"),
    "fk_tasks_assignee_id_users": ("assignee_id", "user"),
    "fk_tasks_customer_id_customers": ("customer_id", "customer"),
}

REFERRED = {
    "fk_tasks_customer_id_customers": (
        "Tasks still refer to this customer: delete them or give them another customer first."
    ),
}


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
