"""The endpoint /mcp: who calls, and from where."""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from backend.api.deps import identify
from backend.api.mcp.server import make_server
from backend.core.errors import PermissionDeniedError
from backend.services.container import Services

PATH = "/mcp"
_ANY = "*"


class McpEndpoint:
    """Each request is by itself, so that any process can answer it.

    The library would keep sessions, and streams on which we have nothing to say.
    """

    def __init__(self, services: Services, max_body_bytes: int, origins: Collection[str]) -> None:
        """`origins` are those of browser frontends that may call it; `*` stands for all."""
        self._origins = origins
        self._manager = StreamableHTTPSessionManager(
            make_server(services.assistant.tool_access),
            json_response=True,
            stateless=True,
            max_request_body_size=max_body_bytes,
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """Answer while the context lasts. It can be entered once."""
        return self._manager.run()

    def add_to(self, app: FastAPI) -> None:
        app.router.routes.append(Route(PATH, self, methods=["POST"], include_in_schema=False))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises AuthenticationError or PermissionDeniedError, before the body is read."""
        request = Request(scope)
        origin = request.headers.get("origin")
        if origin is not None and not {origin, _ANY} & set(self._origins):
            raise PermissionDeniedError(f"CORS_ORIGINS does not have the origin {origin}.")
        await identify(request)
        await self._manager.handle_request(scope, receive, send)
