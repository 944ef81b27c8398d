"""Routes that take files."""

from fastapi import Request, Response

from backend.api.deps import bearer, signed_in
from backend.api.idempotency import Handler, IdempotentRoute


class UploadRoute(IdempotentRoute):
    """Finds out who calls before it reads a form, which else comes first: strangers could fill
    the disk."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def identify_and_handle(request: Request) -> Response:
            await signed_in(request.app.state.services.sessions, await bearer(request))
            return await handle(request)

        return identify_and_handle
