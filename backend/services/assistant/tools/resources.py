"""Tools that every resource of the team has: find, read and create."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel import SQLModel

from backend.core.permissions import Permission, Principal
from backend.models.platform.base import Input
from backend.models.platform.idempotency import IdempotencyKey, Outcome, made
from backend.models.platform.paging import Page, PageQuery, SearchText
from backend.services.assistant.tools.base import (
    AssistantTool,
    Result,
    ToolContext,
    ToolDependencies,
    shown,
)

Find = TypeVar("Find", bound="FindArguments")
Data = TypeVar("Data", bound=BaseModel)
Query = TypeVar("Query", bound=PageQuery)

ReadPage = Callable[[Query, Principal], Awaitable[Page[Any]]]
Read = Callable[[UUID, Principal], Awaitable[SQLModel]]
Create = Callable[[Data, Principal, IdempotencyKey | None], Awaitable[Outcome[Any]]]


class FindArguments(Input):
    q: SearchText | None = Field(default=None, description="Words to find. Left out: the newest.")
    limit: int = Field(default=10, ge=1, le=50)


@dataclass(frozen=True)
class FindRows(Generic[Query]):
    query: type[Query]
    page: Callable[[ToolDependencies], ReadPage[Query]]
    public: type[SQLModel]

    async def __call__(self, given: FindArguments, context: ToolContext) -> Result:
        asked = self.query.model_validate(given.model_dump(exclude_none=True))
        found = await self.page(context.services)(asked, context.by)
        return {
            "items": [shown(self.public, row) for row in found.items],
            "has_more": found.next_cursor is not None,
        }


@dataclass(frozen=True)
class ReadRow:
    """The arguments have one field, the id."""

    read: Callable[[ToolDependencies], Read]
    public: type[SQLModel]

    async def __call__(self, given: BaseModel, context: ToolContext) -> Result:
        (row_id,) = given.model_dump().values()
        return shown(self.public, await self.read(context.services)(row_id, context.by))


@dataclass(frozen=True)
class CreateRow(Generic[Data]):
    """The same call of the same answer creates one row, however often it is made."""

    create: Callable[[ToolDependencies], Create[Data]]
    public: type[SQLModel]

    async def __call__(self, given: Data, context: ToolContext) -> Result:
        outcome = await self.create(context.services)(given, context.by, context.key)
        return shown(self.public, made(outcome))


def finder(  # all that a tool is made of
    resource: str,
    arguments: type[Find],
    permission: Permission,
    query: type[Query],
    page: Callable[[ToolDependencies], ReadPage[Query]],
    public: type[SQLModel],
) -> AssistantTool[Find]:
    description = f"Find {resource} by words, or list the newest. Returns their ids and fields."
    run = FindRows(query, page, public)
    return AssistantTool(f"find_{resource}", description, arguments, permission, run)


def reader(
    resource: str,
    arguments: type[Data],
    permission: Permission,
    read: Callable[[ToolDependencies], Read],
    public: type[SQLModel],
) -> AssistantTool[Data]:
    """`arguments` has one field, the id."""
    description = f"Read one {resource} by its id."
    run = ReadRow(read, public)
    return AssistantTool(f"read_{resource}", description, arguments, permission, run)


def creator(
    resource: str,
    arguments: type[Data],
    permission: Permission,
    create: Callable[[ToolDependencies], Create[Data]],
    public: type[SQLModel],
) -> AssistantTool[Data]:
    description = f"Create a {resource}. Ask the person for what you do not know; make nothing up."
    run = CreateRow(create, public)
    return AssistantTool(f"create_{resource}", description, arguments, permission, run)
