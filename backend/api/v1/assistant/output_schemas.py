"""JSON Schemas for structured answers of language models."""

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
from backend.models.assistant.output_schemas import (
    OutputSchema,
    OutputSchemaCreate,
    OutputSchemaPublic,
    OutputSchemaQuery,
    OutputSchemaUpdate,
)
from backend.models.platform.paging import Page
from backend.services.assistant.output_schemas import OutputSchemaService

router = ResourceRouter(prefix="/schemas", tags=["schemas"], route_class=IdempotentRoute)

SchemaId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e25"])]
MayUse = Annotated[Principal, may(Permission.ASSISTANT_USE)]
MayManage = Annotated[Principal, may(Permission.ASSISTANT_MANAGE)]


@router.get("", response_model=Page[OutputSchemaPublic])
async def list_output_schemas(
    query: Annotated[OutputSchemaQuery, Query()], by: MayUse, schemas: Injected[OutputSchemaService]
) -> Page[OutputSchema]:
    """The schemas for structured answers."""
    return await schemas.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=OutputSchemaPublic,
    responses=declare(CONFLICT),
)
async def create_output_schema(
    data: OutputSchemaCreate,
    by: MayManage,
    schemas: Injected[OutputSchemaService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> OutputSchema | KeptAnswer:
    """Add a schema of at most 64 KiB. Names are unique."""
    return tag.created("schemas", await schemas.create(data, by, key))


@router.get("/{schema_id}", response_model=OutputSchemaPublic)
async def read_output_schema(
    schema_id: SchemaId, by: MayUse, schemas: Injected[OutputSchemaService], tag: CachedTagDep
) -> OutputSchema:
    """One schema."""
    return tag(await schemas.read(schema_id, by))


@router.patch("/{schema_id}", response_model=OutputSchemaPublic, responses=declare(CONFLICT))
async def update_output_schema(
    schema_id: SchemaId,
    data: OutputSchemaUpdate,
    by: MayManage,
    schemas: Injected[OutputSchemaService],
    match: MatchDep,
    tag: TagDep,
) -> OutputSchema:
    """Change the fields that you send."""
    return tag(await schemas.update(schema_id, data, by, match))


@router.delete("/{schema_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_output_schema(
    schema_id: SchemaId, by: MayManage, schemas: Injected[OutputSchemaService], match: MatchDep
) -> None:
    """Delete a schema."""
    await schemas.delete(schema_id, by, match)
