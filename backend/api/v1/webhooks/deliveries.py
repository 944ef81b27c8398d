"""What webhooks were told."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import may
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.platform.paging import Page
from backend.models.webhooks.deliveries import DeliveryPublic, DeliveryQuery, WebhookDelivery
from backend.services.webhooks.deliveries import DeliveryService

router = ResourceRouter(
    prefix="/webhooks/{webhook_id}", tags=["webhooks"], route_class=CheckedRoute
)

WebhookId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"])]
DeliveryId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e32"])]
MayRead = Annotated[Principal, may(Permission.WEBHOOKS_READ)]
MayWrite = Annotated[Principal, may(Permission.WEBHOOKS_WRITE)]


@router.post(
    "/test",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=DeliveryPublic,
    responses=declare(CONFLICT),
)
async def test_webhook(
    webhook_id: WebhookId, by: MayWrite, deliveries: Injected[DeliveryService]
) -> WebhookDelivery:
    """Have an event of the type `webhook.test` sent. Read the delivery to see how it was taken."""
    return await deliveries.test(webhook_id, by)


@router.get("/deliveries", response_model=Page[DeliveryPublic])
async def list_deliveries(
    webhook_id: WebhookId,
    query: Annotated[DeliveryQuery, Query()],
    by: MayRead,
    deliveries: Injected[DeliveryService],
) -> Page[WebhookDelivery]:
    """What it was told, and how it has taken it. Deliveries are kept for a week, or as set."""
    return await deliveries.page(webhook_id, query, by)


@router.get("/deliveries/{delivery_id}", response_model=DeliveryPublic)
async def read_delivery(
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
    by: MayRead,
    deliveries: Injected[DeliveryService],
) -> WebhookDelivery:
    """One delivery."""
    return await deliveries.read(webhook_id, delivery_id, by)


@router.post(
    "/deliveries/{delivery_id}/redeliver",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=DeliveryPublic,
    responses=declare(CONFLICT),
)
async def redeliver(
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
    by: MayWrite,
    deliveries: Injected[DeliveryService],
) -> WebhookDelivery:
    """Send a delivery again: the same content with the same `webhook-id`."""
    return await deliveries.redeliver(webhook_id, delivery_id, by)
