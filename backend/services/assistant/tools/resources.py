"""Tools that every resource of the team has: find, read and create."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
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


class FindArguments(Input):
    q: SearchText | None = Field(default=None, description="Words to find. Left out: the newest.")
    limit: int = Field(default=10, ge=1, le=50)


def finder(
    resource: str,
    arguments: type[Find],
    permission: Permission,
    query: type[Query],
    page: Callable[[ToolDependencies], Callable[[Query, Principal], Awaitable[Page[Any]]]],
    public: type[SQLModel],
) -> AssistantTool[Find]:
    async def run(given: Find, context: ToolContext) -> Result:
        asked = query.model_validate(given.model_dump(exclude_none=True))
        found = await page(context.services)(asked, context.by)
        return {
            "items": [shown(public, row) for row in found.items],
            "has_more": found.next_cursor is not None,
        }

    description = f"Find {resource} by words, or list the newest. Returns their ids and fields."
    return AssistantTool(f"find_{resource}", description, arguments, permission, run)


def reader(
    resource: str,
    arguments: type[Data],
    permission: Permission,
    read: Callable[[ToolDependencies], Callable[[UUID, Principal], Awaitable[SQLModel]]],
    public: type[SQLModel],
) -> AssistantTool[Data]:
    """`arguments` has one field, the id."""

    async def run(given: Data, context: ToolContext) -> Result:
        (row_id,) = given.model_dump().values()
        return shown(public, await read(context.services)(row_id, context.by))

    description = f"Read one {resource} by its id."
    return AssistantTool(f"read_{resource}", description, arguments, permission, run)


def creator(
    resource: str,
    arguments: type[Data],
    permission: Permission,
    create: Callable[
        [ToolDependencies],
        Callable[[Data, Principal, IdempotencyKey | None], Awaitable[Outcome[Any]]],
    ],
    public: type[SQLModel],
) -> AssistantTool[Data]:
    async def run(given: Data, context: ToolContext) -> Result:
        outcome = await create(context.services)(given, context.by, context.key)
        return shown(public, made(outcome))

    description = f"Create a {resource}. Ask the person for what you do not know; make nothing up."
    return AssistantTool(f"create_{resource}", description, arguments, permission, run)
