"""The events that webhooks are told of, and the schema of what they are told.

A resource is one line in `SUBJECTS`, and one in `backend/services/webhooks/subjects.py`.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, WithJsonSchema
from typing_extensions import TypeAliasType

from backend.core.permissions import Permission, SubjectKind
from backend.models.background.executions import ExecutionListed
from backend.models.sales.customers import CustomerPublic
from backend.models.sales.leads import LeadPublic
from backend.models.sales.products import ProductPublic
from backend.models.tasks.tasks import TaskPublic

TEST = "webhook.test"
"""The type of what `POST /webhooks/{webhook_id}/test` sends."""


@dataclass(frozen=True)
class ToldSubject:
    """
    Attributes:
        public: the schema in which the API shows it.
        needed: what the owner of a webhook must have to be told; None: only of what is their own.
        verbs: what can happen to it.
    """

    kind: SubjectKind
    public: type[BaseModel]
    needed: Permission | None
    verbs: tuple[str, ...]

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(f"{self.kind}.{verb}" for verb in self.verbs)


DELETED, IMPORTED = "deleted", "imported"
_CHANGES = ("created", "updated", DELETED)
_ARCHIVED = ("archived", "restored")

SUBJECTS = (
    ToldSubject(
        SubjectKind.CUSTOMER,
        CustomerPublic,
        Permission.CUSTOMERS_READ,
        (*_CHANGES, *_ARCHIVED, IMPORTED),
    ),
    ToldSubject(
        SubjectKind.LEAD,
        LeadPublic,
        Permission.LEADS_READ,
        (*_CHANGES, "converted", IMPORTED),
    ),
    ToldSubject(
        SubjectKind.PRODUCT,
        ProductPublic,
        Permission.PRODUCTS_READ,
        (*_CHANGES, *_ARCHIVED, IMPORTED),
    ),
    ToldSubject(
        SubjectKind.TASK,
        TaskPublic,
        Permission.TASKS_READ,
        (*_CHANGES, "assigned", "completed", "reopened", IMPORTED),
    ),
    ToldSubject(SubjectKind.EXECUTION, ExecutionListed, None, ("finished",)),
)

BY_TYPE = {each: subject for subject in SUBJECTS for each in subject.types}
"""The subject of each type."""


def _known(name: str) -> str:
    if name not in BY_TYPE:
        raise ValueError(f"must be one of: {', '.join(BY_TYPE)}")
    return name


EventType = TypeAliasType(
    "EventType",
    Annotated[
        str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(BY_TYPE)})
    ],
)
"""The type of an event that webhooks can be told of."""
