"""What the assistant may do."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from backend.api.deps import may
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.injection import Injected
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.assistant.tools import Tool, ToolPublic, ToolQuery, ToolUpdate
from backend.models.platform.paging import Page
from backend.services.assistant.tool_registry import ToolRegistry

router = ResourceRouter(prefix="/tools", tags=["tools"], route_class=CheckedRoute)

ToolId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e22"])]
MayUse = Annotated[Principal, may(Permission.ASSISTANT_USE)]
MayManage = Annotated[Principal, may(Permission.ASSISTANT_MANAGE)]


@router.get("", response_model=Page[ToolPublic])
async def list_tools(
    query: Annotated[ToolQuery, Query()], by: MayUse, tools: Injected[ToolRegistry]
) -> Page[Tool]:
    """The tools of the assistant. Each needs a permission of the person who asks."""
    return await tools.page(query, by)


@router.get("/{tool_id}", response_model=ToolPublic)
async def read_tool(
    tool_id: ToolId, by: MayUse, tools: Injected[ToolRegistry], tag: CachedTagDep
) -> Tool:
    """One tool."""
    return tag(await tools.read(tool_id, by))


@router.patch("/{tool_id}", response_model=ToolPublic)
async def update_tool(
    tool_id: ToolId,
    data: ToolUpdate,
    by: MayManage,
    tools: Injected[ToolRegistry],
    match: MatchDep,
    tag: TagDep,
) -> Tool:
    """Switch a tool on or off: the assistant can't use one that is off."""
    return tag(await tools.update(tool_id, data, by, match))
