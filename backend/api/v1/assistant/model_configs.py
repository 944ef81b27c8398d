"""The language models that can be used."""

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
from backend.models.assistant.model_configs import (
    ModelConfig,
    ModelConfigCreate,
    ModelConfigPublic,
    ModelConfigQuery,
    ModelConfigUpdate,
)
from backend.models.platform.paging import Page
from backend.services.assistant.model_configs import ModelConfigService

router = ResourceRouter(
    prefix="/model-configs", tags=["model-configs"], route_class=IdempotentRoute
)

ConfigId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e21"])]
MayUse = Annotated[Principal, may(Permission.ASSISTANT_USE)]
MayManage = Annotated[Principal, may(Permission.ASSISTANT_MANAGE)]


@router.get("", response_model=Page[ModelConfigPublic])
async def list_model_configs(
    query: Annotated[ModelConfigQuery, Query()], by: MayUse, configs: Injected[ModelConfigService]
) -> Page[ModelConfig]:
    """The language models that can be used."""
    return await configs.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ModelConfigPublic,
    responses=declare(CONFLICT),
)
async def create_model_config(
    data: ModelConfigCreate,
    by: MayManage,
    configs: Injected[ModelConfigService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> ModelConfig | KeptAnswer:
    """Add a configuration. Names are unique, ignoring case.

    It contains no keys: they come from the settings of the server alone.
    """
    return tag.created("model-configs", await configs.create(data, by, key))


@router.get("/{model_config_id}", response_model=ModelConfigPublic)
async def read_model_config(
    model_config_id: ConfigId, by: MayUse, configs: Injected[ModelConfigService], tag: CachedTagDep
) -> ModelConfig:
    """One configuration."""
    return tag(await configs.read(model_config_id, by))


@router.patch("/{model_config_id}", response_model=ModelConfigPublic, responses=declare(CONFLICT))
async def update_model_config(
    model_config_id: ConfigId,
    data: ModelConfigUpdate,
    by: MayManage,
    configs: Injected[ModelConfigService],
    match: MatchDep,
    tag: TagDep,
) -> ModelConfig:
    """Change the fields that you send. A new default replaces the previous one."""
    return tag(await configs.update(model_config_id, data, by, match))


@router.delete("/{model_config_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_model_config(
    model_config_id: ConfigId, by: MayManage, configs: Injected[ModelConfigService], match: MatchDep
) -> None:
    """Delete a configuration. Without a default, the settings decide."""
    await configs.delete(model_config_id, by, match)
