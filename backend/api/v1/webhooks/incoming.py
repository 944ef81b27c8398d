"""Messages of other programs, signed as Standard Webhooks have it."""

from typing import Annotated

from fastapi import Path, Request, status

from backend.api.deps import public
from backend.api.injection import Injected
from backend.api.problems import NOT_AUTHENTICATED, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.webhooks.incoming import IncomingReceipt
from backend.services.webhooks.incoming import IncomingService

router = ResourceRouter(prefix="/incoming", tags=["incoming"], route_class=CheckedRoute)

Source = Annotated[
    str, Path(max_length=64, description="Who tells it: `tasks`.", examples=["tasks"])
]
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/IncomingBody"}}},
}


@router.post(
    "/{source}",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[public],
    responses=declare(NOT_AUTHENTICATED),
    openapi_extra={"requestBody": _BODY},
)
async def receive_message(
    source: Source, request: Request, incoming: Injected[IncomingService]
) -> IncomingReceipt:
    """Tell that something has happened elsewhere; it is handled in the background, once.

    It has the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, and is signed with
    the secret that the operator has set for the source. Send it again with the same `webhook-id` if
    there was no answer. `tasks` takes messages of the type `task.requested`.
    """
    body = await request.body()
    return IncomingReceipt(id=await incoming.receive(source, request.headers, body))
