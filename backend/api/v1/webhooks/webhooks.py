"""Addresses that are told of what happens here."""

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
from backend.models.platform.paging import Page
from backend.models.webhooks.webhooks import (
    Webhook,
    WebhookCreate,
    WebhookPublic,
    WebhookQuery,
    WebhookSecret,
    WebhookUpdate,
)
from backend.services.webhooks.webhooks import WebhookService

router = ResourceRouter(prefix="/webhooks", tags=["webhooks"], route_class=IdempotentRoute)

WebhookId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"])]
MayRead = Annotated[Principal, may(Permission.WEBHOOKS_READ)]
MayWrite = Annotated[Principal, may(Permission.WEBHOOKS_WRITE)]


@router.get("", response_model=Page[WebhookPublic])
async def list_webhooks(
    query: Annotated[WebhookQuery, Query()], by: MayRead, webhooks: Injected[WebhookService]
) -> Page[Webhook]:
    """The webhooks of the team."""
    return await webhooks.page(query, by)


@router.post("", status_code=status.HTTP_201_CREATED, response_model=WebhookPublic)
async def create_webhook(
    data: WebhookCreate,
    by: MayWrite,
    webhooks: Injected[WebhookService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Webhook | KeptAnswer:
    """Have an address told of the events of some types, by POST, from now on.

    It is told what you may read at that time, and gets no type that you may not. Deliveries are
    signed as [Standard Webhooks](https://www.standardwebhooks.com) have it. They may arrive twice,
    and in another order than the events: keep the highest `version` of `data`.
    """
    return tag.created("webhooks", await webhooks.create(data, by, key))


@router.get("/{webhook_id}", response_model=WebhookPublic)
async def read_webhook(
    webhook_id: WebhookId, by: MayRead, webhooks: Injected[WebhookService], tag: CachedTagDep
) -> Webhook:
    """One webhook."""
    return tag(await webhooks.read(webhook_id, by))


@router.patch("/{webhook_id}", response_model=WebhookPublic)
async def update_webhook(
    webhook_id: WebhookId,
    data: WebhookUpdate,
    by: MayWrite,
    webhooks: Injected[WebhookService],
    match: MatchDep,
    tag: TagDep,
) -> Webhook:
    """Change the fields that you send. Switched off, what it was still to be told fails."""
    return tag(await webhooks.update(webhook_id, data, by, match))


@router.delete("/{webhook_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_webhook(
    webhook_id: WebhookId, by: MayWrite, webhooks: Injected[WebhookService], match: MatchDep
) -> None:
    """Delete a webhook with its deliveries."""
    await webhooks.delete(webhook_id, by, match)


@router.get("/{webhook_id}/secret", responses=declare(CONFLICT))
async def read_webhook_secret(
    webhook_id: WebhookId, by: MayWrite, webhooks: Injected[WebhookService]
) -> WebhookSecret:
    """The secret that signs what it is told."""
    return await webhooks.secret(webhook_id, by)


@router.post("/{webhook_id}/rotate-secret", response_model=WebhookPublic)
async def rotate_webhook_secret(
    webhook_id: WebhookId,
    by: MayWrite,
    webhooks: Injected[WebhookService],
    match: MatchDep,
    tag: TagDep,
) -> Webhook:
    """Make a new secret. For a day deliveries have a signature by the previous one, too."""
    return tag(await webhooks.rotate_secret(webhook_id, by, match))
