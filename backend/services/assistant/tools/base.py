"""What a tool of the assistant is, and what it may use."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import SQLModel

from backend.core.permissions import Means, Permission, Principal, Role
from backend.models.platform.idempotency import IdempotencyKey
from backend.models.platform.mixins import now
from backend.services.assistant.web_search import WebSearch
from backend.services.files.files import FileService
from backend.services.identity.users import UserService
from backend.services.sales.customers import CustomerService
from backend.services.sales.leads import LeadService
from backend.services.sales.products import ProductService
from backend.services.search.search import SearchService
from backend.services.tasks.tasks import TaskService

Arguments = TypeVar("Arguments", bound=BaseModel)
Result = dict[str, Any]
_KEY_LIFETIME = timedelta(days=1)


@dataclass(frozen=True)
class ToolDependencies:
    """The services that tools use, as the API does. No web search if it is not configured."""

    customers: CustomerService
    leads: LeadService
    products: ProductService
    tasks: TaskService
    users: UserService
    files: FileService
    search: SearchService
    web_search: WebSearch | None


class CallScope:
    """One answer, however often it is attempted: each row is created once.

    Attributes:
        chat_id: the chat of the answer, if any.
    """

    def __init__(self, scope_id: UUID, chat_id: UUID | None = None) -> None:
        """`scope_id` is the same when an answer is retried after a crash."""
        self.scope_id = scope_id
        self.chat_id = chat_id
        self._calls: dict[str, int] = {}

    def key(self, tool: str, arguments: BaseModel, by: Principal) -> IdempotencyKey:
        """Return the id for the first, second, ... call of a tool with the same arguments."""
        content = json.dumps([tool, arguments.model_dump(mode="json")], sort_keys=True)
        digest = sha256(content.encode()).hexdigest()
        self._calls[digest] = place = self._calls.get(digest, 0) + 1
        key = f"agent:{self.scope_id}:{digest[:32]}:{place}"
        return IdempotencyKey(by.user_id, key, digest, now() - _KEY_LIFETIME)


@dataclass(frozen=True)
class ToolContext:
    """`by` is the person, with the assistant as the means. `key` makes creation idempotent."""

    services: ToolDependencies
    by: Principal
    key: IdempotencyKey


@dataclass(frozen=True)
class AssistantTool(Generic[Arguments]):
    """Something that the assistant may do for a person who has the permission.

    Attributes:
        run: does it. The model receives a DomainError as the result.
        plan: for actions that can't be undone: describes the action without doing it. It is done
            once the person has confirmed it.
        is_available: whether this installation supports it; None: always.
    """

    name: str
    description: str
    arguments: type[Arguments]
    permission: Permission
    run: Callable[[Arguments, ToolContext], Awaitable[Result]]
    plan: Callable[[Arguments, ToolContext], Awaitable[str]] | None = None
    is_available: Callable[[ToolDependencies], bool] | None = None

    def require_permission(self, by: Principal) -> None:
        """Raises PermissionDeniedError, which names the tool, unless the person may use it."""
        by.require(self.permission, self.name)

    @property
    def is_destructive(self) -> bool:
        return self.plan is not None

    @property
    def is_reading(self) -> bool:
        """Whether those who may only read may use it."""
        return self.permission.least is Role.VIEWER

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Return the JSON schema of the arguments."""
        return self.arguments.model_json_schema()


def as_agent(by: Principal) -> Principal:
    """Return the person with the assistant as the means."""
    return replace(by, means=Means.AGENT)


def shown(model: type[SQLModel], row: SQLModel) -> Result:
    """Return a row as in the API."""
    return model.model_validate(row, from_attributes=True).model_dump(mode="json")


def foreign(text: str) -> str:
    """Mark a text that others have written, so that the model does not take it for instructions."""
    return f"<foreign_text>\n{text.replace('</foreign_text', '</ foreign_text')}\n</foreign_text>"
