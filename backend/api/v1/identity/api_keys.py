"""API keys, with which programs act as you, or as a service."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response, status

from backend.api.deps import PersonDep
from backend.api.injection import Injected
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.identity.api_keys import (
    ApiKey,
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyPublic,
    ApiKeyQuery,
)
from backend.models.platform.paging import Page
from backend.services.identity.api_keys import ApiKeyService

router = ResourceRouter(prefix="/api-keys", tags=["api-keys"], route_class=CheckedRoute)

ApiKeyId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e21"])]


@router.get("", response_model=Page[ApiKeyPublic])
async def list_api_keys(
    query: Annotated[ApiKeyQuery, Query()], by: PersonDep, keys: Injected[ApiKeyService]
) -> Page[ApiKey]:
    """Your keys that were not revoked; for admins, those of services too."""
    return await keys.page(query, by)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_api_key(
    data: ApiKeyCreate, by: PersonDep, keys: Injected[ApiKeyService], response: Response
) -> ApiKeyCreated:
    """Make a key, which is shown this once.

    It acts as you, with what your role has whenever it is used, or with the named permissions
    alone. With a role it is a service key: it acts as a user of its own, stays when your account is
    closed, and needs `users:write` to be made. There is no Idempotency-Key, as answers to it are
    kept: if you lose the answer, revoke the key and make another.
    """
    key = await keys.create(data, by)
    response.headers["Location"] = f"/api/v1/api-keys/{key.id}"
    return key


@router.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_api_key(key_id: ApiKeyId, by: PersonDep, keys: Injected[ApiKeyService]) -> None:
    """Revoke one of your keys, or as an admin that of a service, effective from the next request.

    The user of a service key is deactivated with it.
    """
    await keys.revoke(key_id, by)
