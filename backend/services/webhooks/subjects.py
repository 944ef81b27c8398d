"""What webhooks are told of an event, and who may be told."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from backend.core.permissions import ROLE_PERMISSIONS, Permission, SubjectKind
from backend.models.identity.users import User
from backend.models.platform.domain_events import DomainEvent
from backend.models.webhooks.event_types import BY_TYPE, DELETED, IMPORTED, ToldSubject
from backend.models.webhooks.payloads import Gone, Imported
from backend.repositories.platform.base import Repository
from backend.repositories.webhooks.unit import WebhooksReading

NO_LONGER_ALLOWED = "Its owner may have no webhooks any more."
_ROWS: Mapping[SubjectKind, Callable[[WebhooksReading], Repository[Any]]] = {
    SubjectKind.CUSTOMER: lambda uow: uow.customers,
    SubjectKind.LEAD: lambda uow: uow.leads,
    SubjectKind.PRODUCT: lambda uow: uow.products,
    SubjectKind.TASK: lambda uow: uow.tasks,
    SubjectKind.EXECUTION: lambda uow: uow.executions,
}


class Told:
    """What is told of one event.

    Attributes:
        data: as the API shows it.
    """

    def __init__(self, subject: ToldSubject, row: Any, data: BaseModel) -> None:
        self._subject = subject
        self._row = row
        self.data = data

    def may_be_told(self, owner: User) -> bool:
        """Whether the owner of a webhook may have one, and read this, now."""
        if not may_have_webhooks(owner):
            return False
        if self._subject.needed is not None:
            return _has(owner, self._subject.needed)
        return self._row is not None and self._row.owner_id == owner.id


async def told_of(uow: WebhooksReading, event: DomainEvent) -> Told:
    """Read what is told of an event. Of a subject that is gone, that is its id."""
    subject = BY_TYPE[event.type]
    if event.verb == IMPORTED:
        created, updated = event.after("created") or [], event.after("updated") or []
        return Told(subject, None, Imported(created=created, updated=updated))
    subject_id = UUID(str(event.subject_id))
    row = None if event.verb == DELETED else await _ROWS[subject.kind](uow).find(subject_id)
    if row is None:
        return Told(subject, None, Gone(id=subject_id))
    return Told(subject, row, subject.public.model_validate(row, from_attributes=True))


def may_have_webhooks(owner: User) -> bool:
    return owner.is_active and _has(owner, Permission.WEBHOOKS_WRITE)


def _has(owner: User, permission: Permission) -> bool:
    return permission in ROLE_PERMISSIONS[owner.role]
