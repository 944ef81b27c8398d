"""The resources of the API, one entry each, for the tests that go over all of them.

Who gets in, ETags, retries, lists, the number of statements and the contract all read this table.
What a resource has beyond the plain routes stands in those tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from backend.models.assistant.chats import Chat, ChatSort
from backend.models.assistant.model_configs import ModelConfig, ModelConfigSort
from backend.models.assistant.output_schemas import OutputSchema, OutputSchemaSort
from backend.models.assistant.prompts import Prompt, PromptSort
from backend.models.assistant.tools import Tool, ToolSort
from backend.models.background.executions import Execution, ExecutionSort
from backend.models.files.files import File, FileSort
from backend.models.identity.invitations import Invitation, InvitationSort
from backend.models.identity.users import User, UserSort
from backend.models.platform.mixins import now
from backend.models.sales.customers import Customer, CustomerSort
from backend.models.sales.leads import Lead, LeadSort
from backend.models.sales.products import Product, ProductSort
from backend.models.tasks.modules import Module, ModuleSort
from backend.models.tasks.tasks import Task, TaskPriority, TaskSort
from backend.models.webhooks.webhooks import Webhook, WebhookSort
from backend.models.workflows.crews import CREW_EXAMPLE
from backend.models.workflows.workflows import Workflow, WorkflowSort
from backend.repositories.unit_of_work import UnitOfWork
from tests import factories

MOMENT = now()
OWN = "signed in"
"""The rights of a resource that everybody has of their own."""


class Shared(StrEnum):
    """What a list is offered by registering it in a shared place."""

    QUERY = "q"
    CSV = "csv"
    SEARCH = "the search over everything"
    SHEETS = "imports and exports"


PLAIN = frozenset(Shared)


@dataclass(frozen=True)
class Rights:
    """What the plain routes demand: a permission, or OWN. None: there is no such route."""

    read: str
    write: str
    delete: str | None


@dataclass(frozen=True, kw_only=True)
class Example:
    """
    Attributes:
        path: under `/api/v1`.
        make: a row that is valid; every field can be given.
        rights: in words, a second time: a change has to be meant.
        owner: the field that makes a row the caller's.
        create, other: what POST takes, and what makes it a request for something else.
        change: what PATCH takes, and changes.
        varied: fields of the nth of several rows, some of which are equal, for sorting.
        needs: by field, the path of the resource that each row refers to, by its `known_id`.
        actions: routes that change a row, without a body; not one that `make` makes has had it.
        left_out: what this list is not in on purpose: see `tests/unit/test_shared_tables.py`.
        parameter, rows: the id in paths and the repository, where not called as the path is.
    """

    path: str
    model: type[SQLModel]
    make: Callable[..., Any]
    rights: Rights
    sort: type[StrEnum]
    owner: str | None = None
    create: Mapping[str, Any] | None = None
    other: Mapping[str, Any] = field(default_factory=dict)
    change: Mapping[str, Any] | None = None
    is_archivable: bool = False
    needs: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    left_out: frozenset[Shared] = frozenset()
    varied: Callable[[int], dict[str, Any]] = lambda _: {}
    parameter: str = ""
    rows: str = ""

    @property
    def url(self) -> str:
        return f"/api/v1/{self.path}"

    @property
    def url_of_one(self) -> str:
        return f"{self.url}/{{{self.id_name}}}"

    @property
    def id_name(self) -> str:
        return self.parameter or f"{self.path.removesuffix('s').replace('-', '_')}_id"

    @property
    def repository(self) -> str:
        return self.rows or self.path.replace("-", "_")

    def access(self) -> dict[str, str]:
        """What each plain route demands, by method and path."""
        rights, one = self.rights, self.url_of_one
        routes: dict[str, str | None] = {
            f"GET {self.url}": rights.read,
            f"GET {one}": rights.read,
            f"POST {self.url}": rights.write if self.create is not None else None,
            f"PATCH {one}": rights.write if self.change is not None else None,
            f"DELETE {one}": rights.delete,
            f"POST {one}/archive": rights.write if self.is_archivable else None,
            f"POST {one}/restore": rights.write if self.is_archivable else None,
        }
        routes |= {f"POST {one}/{action}": rights.write for action in self.actions}
        return {route: access for route, access in routes.items() if access is not None}

    def owned_by(self, person: User) -> dict[str, Any]:
        return {self.owner: person.id} if self.owner else {}

    def several(self, count: int, owner: User, **fields: Any) -> list[Any]:
        """Rows that belong to the owner. The first is the one that others refer to."""
        owned = self.owned_by(owner) | fields
        known = self.make(**{"id": factories.known_id(self.path), **owned})
        return [known, *(self.make(**owned) for _ in range(count - 1))]


def of_team(resource: str) -> Rights:
    return Rights(f"{resource}:read", f"{resource}:write", f"{resource}:delete")


_ACCOUNTS = Rights("users:read", "users:write", None)
_MANAGED = Rights("assistant:use", "assistant:manage", "assistant:manage")
_OWN = Rights(OWN, OWN, OWN)
_REPORT = {"kind": "report", "inputs": {"report": "tasks_by_age"}}

# What others refer to comes first.
EXAMPLES = (
    Example(
        path="users",
        model=User,
        make=factories.make_user,
        rights=_ACCOUNTS,
        sort=UserSort,
        create={
            "email": "grace@example.com",
            "full_name": "Grace Hopper",
            "password": factories.PASSWORD,
        },
        other={"email": "ada@example.com"},
        left_out=PLAIN,
    ),
    Example(
        path="invitations",
        model=Invitation,
        make=factories.make_invitation,
        rights=Rights("users:read", "users:write", "users:write"),
        sort=InvitationSort,
        owner="invited_by",
        create={"email": "grace@example.com"},
        other={"email": "ada@example.com"},
        left_out=PLAIN,
    ),
    Example(
        path="customers",
        model=Customer,
        make=factories.make_customer,
        rights=of_team("customers"),
        sort=CustomerSort,
        owner="owner_id",
        create={"name": "Grace"},
        other={"name": "Ada"},
        change={"notes": "Changed"},
        is_archivable=True,
        varied=lambda n: {"name": f"C{n // 3}"},
    ),
    Example(
        path="products",
        model=Product,
        make=factories.make_product,
        rights=of_team("products"),
        sort=ProductSort,
        create={"sku": "A", "name": "x", "price": {"amount": "19.90", "currency": "EUR"}},
        other={"sku": "B"},
        change={"description": "Changed"},
        is_archivable=True,
        varied=lambda n: {"name": f"P{n // 3}"},
    ),
    Example(
        path="leads",
        model=Lead,
        make=factories.make_lead,
        rights=of_team("leads"),
        sort=LeadSort,
        owner="owner_id",
        create={"name": "Grace"},
        other={"name": "Ada"},
        change={"notes": "Changed"},
        varied=lambda n: {"name": f"L{n // 3}"},
    ),
    Example(
        path="modules",
        model=Module,
        make=factories.make_module,
        rights=_OWN,
        sort=ModuleSort,
        owner="owner_id",
        create={"title": "Spring"},
        other={"title": "Summer"},
        change={"description": "Changed"},
        varied=lambda n: {"position": n // 3},
        left_out=PLAIN,
    ),
    Example(
        path="tasks",
        model=Task,
        make=factories.make_task,
        rights=of_team("tasks"),
        sort=TaskSort,
        owner="assignee_id",
        create={"title": "Call her"},
        other={"title": "Call him"},
        change={"description": "Changed"},
        varied=lambda n: {
            "title": f"T{n // 2}",
            "due_at": MOMENT.replace(microsecond=n // 2) if n % 3 else None,
            "priority": list(TaskPriority)[n % 4],
        },
    ),
    Example(
        # It is created by a form.
        path="files",
        model=File,
        make=factories.make_file,
        rights=_OWN,
        sort=FileSort,
        owner="owner_id",
        change={"name": "changed.txt"},
        varied=lambda n: {"name": f"F{n // 3}", "size": n // 2 + 1},
        left_out=frozenset({Shared.CSV, Shared.SHEETS}),
    ),
    Example(
        path="executions",
        model=Execution,
        make=factories.make_execution,
        rights=_OWN,
        sort=ExecutionSort,
        owner="owner_id",
        create=_REPORT,
        other={"name": "Another"},
        varied=lambda n: {"name": f"E{n // 3}"},
        left_out=PLAIN,
    ),
    Example(
        path="model-configs",
        model=ModelConfig,
        make=factories.make_model_config,
        rights=_MANAGED,
        sort=ModelConfigSort,
        create={"name": "Offline", "provider": "offline", "model": "offline"},
        other={"name": "Another"},
        change={"model_calls": 3},
        left_out=PLAIN,
    ),
    Example(
        path="tools",
        model=Tool,
        make=factories.make_tool,
        rights=Rights("assistant:use", "assistant:manage", None),
        sort=ToolSort,
        change={"is_enabled": False},
        left_out=PLAIN,
    ),
    Example(
        path="prompts",
        model=Prompt,
        make=factories.make_prompt,
        rights=_MANAGED,
        sort=PromptSort,
        create={"name": "a", "template": "x"},
        other={"name": "b"},
        change={"description": "Changed"},
        left_out=PLAIN,
    ),
    Example(
        path="schemas",
        model=OutputSchema,
        make=factories.make_output_schema,
        rights=_MANAGED,
        sort=OutputSchemaSort,
        rows="output_schemas",
        create={"name": "a", "json_schema": {"type": "object"}},
        other={"name": "b"},
        change={"description": "Changed"},
        left_out=PLAIN,
    ),
    Example(
        path="chats",
        model=Chat,
        make=factories.make_chat,
        rights=_OWN,
        sort=ChatSort,
        owner="owner_id",
        create={"title": "Offer"},
        other={"title": "Renewal"},
        change={"title": "Renewal"},
        varied=lambda n: {"title": f"C{n // 3}", "last_message_at": MOMENT},
        left_out=PLAIN - {Shared.QUERY},
    ),
    Example(
        path="workflows",
        model=Workflow,
        make=factories.make_workflow,
        rights=of_team("workflows"),
        sort=WorkflowSort,
        create={"kind": "crew", "name": "Research", "definition": CREW_EXAMPLE},
        other={"name": "Planning"},
        change={"description": "Changed"},
        left_out=PLAIN - {Shared.QUERY},
    ),
    Example(
        path="webhooks",
        model=Webhook,
        make=factories.make_webhook,
        rights=Rights("webhooks:read", "webhooks:write", "webhooks:write"),
        sort=WebhookSort,
        owner="owner_id",
        create={"url": "https://hooks.example.com/", "event_types": ["task.created"]},
        other={"url": "https://other.example.com/"},
        change={"description": "Changed"},
        left_out=PLAIN,
    ),
)


async def add_needed(
    unit: UnitOfWork, owner: User, path: str, *, given: Mapping[str, Any] | None = None
) -> None:
    """Add the rows that those of a resource refer to, where they are missing.

    `given` is a body whose ids they have, instead of their `known_id`.
    """
    for name, needed in _example(path).needs.items():
        await add_known(unit, owner, needed, (given or {}).get(name))


async def add_known(
    unit: UnitOfWork, owner: User, path: str, row_id: UUID | str | None = None
) -> None:
    """Add a row with the id, or else its `known_id`, and what it refers to."""
    await add_needed(unit, owner, path)
    example = _example(path)
    known = UUID(str(row_id)) if row_id else factories.known_id(path)
    row = example.make(**{"id": known, **example.owned_by(owner)})
    await getattr(unit, example.repository).add_missing([row])


def _example(path: str) -> Example:
    [found] = (each for each in EXAMPLES if each.path == path)
    return found
