"""Instructions for language models, in versions."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import may
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.assistant.prompt_versions import (
    PromptActivate,
    PromptRender,
    PromptVersion,
    PromptVersionCreate,
    PromptVersionListed,
    PromptVersionPublic,
    PromptVersionQuery,
    RenderedPrompt,
)
from backend.models.assistant.prompts import (
    Prompt,
    PromptCreate,
    PromptListed,
    PromptPublic,
    PromptQuery,
    PromptUpdate,
)
from backend.models.platform.paging import Page
from backend.services.assistant.prompts import PromptService

router = ResourceRouter(prefix="/prompts", tags=["prompts"], route_class=IdempotentRoute)

PromptId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e23"])]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
MayUse = Annotated[Principal, may(Permission.ASSISTANT_USE)]
MayManage = Annotated[Principal, may(Permission.ASSISTANT_MANAGE)]


@router.get("", response_model=Page[PromptListed])
async def list_prompts(
    query: Annotated[PromptQuery, Query()], by: MayUse, prompts: Injected[PromptService]
) -> Page[Prompt]:
    """The prompts, by name."""
    return await prompts.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=PromptPublic,
    responses=declare(CONFLICT),
)
async def create_prompt(
    data: PromptCreate,
    by: MayManage,
    prompts: Injected[PromptService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Prompt | KeptAnswer:
    """Add a prompt with its first version, which is active."""
    return tag.created("prompts", await prompts.create(data, by, key))


@router.get("/{prompt_id}", response_model=PromptPublic)
async def read_prompt(
    prompt_id: PromptId, by: MayUse, prompts: Injected[PromptService], tag: CachedTagDep
) -> Prompt:
    """One prompt, with the text of its active version."""
    return tag(await prompts.read(prompt_id, by))


@router.patch("/{prompt_id}", response_model=PromptPublic, responses=declare(CONFLICT))
async def update_prompt(
    prompt_id: PromptId,
    data: PromptUpdate,
    by: MayManage,
    prompts: Injected[PromptService],
    match: MatchDep,
    tag: TagDep,
) -> Prompt:
    """Change the name or the description. The text changes by a new version."""
    return tag(await prompts.update(prompt_id, data, by, match))


@router.delete("/{prompt_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_prompt(
    prompt_id: PromptId, by: MayManage, prompts: Injected[PromptService], match: MatchDep
) -> None:
    """Delete a prompt with all its versions."""
    await prompts.delete(prompt_id, by, match)


@router.get("/{prompt_id}/versions", response_model=Page[PromptVersionListed])
async def list_prompt_versions(
    prompt_id: PromptId,
    query: Annotated[PromptVersionQuery, Query()],
    by: MayUse,
    prompts: Injected[PromptService],
) -> Page[PromptVersion]:
    """The versions of a prompt, the newest first."""
    return await prompts.versions(prompt_id, query, by)


@router.post(
    "/{prompt_id}/versions",
    status_code=status.HTTP_201_CREATED,
    response_model=PromptPublic,
    responses=declare(CONFLICT),
)
async def add_prompt_version(
    prompt_id: PromptId,
    data: PromptVersionCreate,
    by: MayManage,
    prompts: Injected[PromptService],
    match: MatchDep,
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Prompt | KeptAnswer:
    """Add the version with the next number; it becomes active unless you say otherwise.

    Returns the prompt: the new number is its `last_number`.
    """
    return tag.created("prompts", await prompts.add_version(prompt_id, data, by, match, key))


@router.get("/{prompt_id}/versions/{number}", response_model=PromptVersionPublic)
async def read_prompt_version(
    prompt_id: PromptId, number: Number, by: MayUse, prompts: Injected[PromptService]
) -> PromptVersion:
    """One version of a prompt."""
    return await prompts.version(prompt_id, number, by)


@router.post("/{prompt_id}/activate", response_model=PromptPublic)
async def activate_prompt_version(
    prompt_id: PromptId,
    data: PromptActivate,
    by: MayManage,
    prompts: Injected[PromptService],
    match: MatchDep,
    tag: TagDep,
) -> Prompt:
    """Make one of its versions the active one."""
    return tag(await prompts.activate(prompt_id, data.number, by, match))


@router.post("/{prompt_id}/render")
async def render_prompt(
    prompt_id: PromptId, data: PromptRender, by: MayUse, prompts: Injected[PromptService]
) -> RenderedPrompt:
    """Preview the rendered text. Changes nothing."""
    return RenderedPrompt(text=await prompts.render(prompt_id, data, by))
