"""Your own workspaces, which nobody else sees."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import CallerDep
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.models.platform.paging import Page
from backend.models.tasks.modules import (
    Module,
    ModuleCreate,
    ModuleOrder,
    ModulePublic,
    ModuleQuery,
    ModuleUpdate,
)
from backend.services.tasks.modules import ModuleService

router = ResourceRouter(prefix="/modules", tags=["modules"], route_class=IdempotentRoute)

ModuleId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e07"])]


@router.get("", response_model=Page[ModulePublic])
async def list_modules(
    query: Annotated[ModuleQuery, Query()], by: CallerDep, modules: Injected[ModuleService]
) -> Page[Module]:
    """Your modules, in your order."""
    return await modules.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ModulePublic,
    responses=declare(CONFLICT),
)
async def create_module(
    data: ModuleCreate,
    by: CallerDep,
    modules: Injected[ModuleService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Module | KeptAnswer:
    """Add a module after your others."""
    return tag.created("modules", await modules.create(data, by, key))


@router.post("/reorder", response_model=Page[ModulePublic])
async def reorder_modules(
    data: ModuleOrder, by: CallerDep, modules: Injected[ModuleService]
) -> Page[Module]:
    """Reorder all your modules in one step. Returns them in the new order."""
    return await modules.reorder(data, by)


@router.get("/{module_id}", response_model=ModulePublic)
async def read_module(
    module_id: ModuleId, by: CallerDep, modules: Injected[ModuleService], tag: CachedTagDep
) -> Module:
    """One of your modules."""
    return tag(await modules.read(module_id, by))


@router.patch("/{module_id}", response_model=ModulePublic)
async def update_module(
    module_id: ModuleId,
    data: ModuleUpdate,
    by: CallerDep,
    modules: Injected[ModuleService],
    match: MatchDep,
    tag: TagDep,
) -> Module:
    """Change the fields that you send."""
    return tag(await modules.update(module_id, data, by, match))


@router.delete("/{module_id}", status_code=status.HTTP_204_NO_CONTENT, responses=declare(CONFLICT))
async def delete_module(
    module_id: ModuleId, by: CallerDep, modules: Injected[ModuleService], match: MatchDep
) -> None:
    """Delete a module. Its tasks, files and chats stay without a module."""
    await modules.delete(module_id, by, match)
