"""The entry of the fast path, between all middleware and FastAPI's router."""

from math import inf

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api.bodies import CheckedRequest
from backend.api.fast_path.index import IndexedRoute, RouteIndex
from backend.api.fast_path.plans import NotPlainError, Plan

_BODY_BYTES = 64 * 1024


class FastPath:
    """Answers requests that have a plan, and passes on all others unchanged.

    Starlette handles exceptions as if a route had raised them.
    """

    def __init__(self, router: ASGIApp, index: RouteIndex, max_body_bytes: int) -> None:
        self.router = router
        self.index = index
        # Larger bodies, and those of unknown size, are measured while they are read.
        self._max_body_bytes = min(max_body_bytes, _BODY_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._find(scope)
        if found is None:
            await self.router(scope, receive, send)
            return
        route, plan, path_params = found
        given = {**scope, "route": route.route, "path_params": path_params}
        request = CheckedRequest(given, receive)
        try:
            response = await plan.answer(request)
        except NotPlainError:
            await self.router(scope, _again(request, receive), send)
            return
        finally:
            scope["route"] = route.route
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[IndexedRoute, Plan, dict[str, str]] | None:
        if scope["type"] != "http" or scope["root_path"] or "fastapi.telemetry" in scope:
            return None
        length = _body_bytes(scope)
        found = self.index.find(scope)
        if found is None or scope["app"].dependency_overrides:
            return None
        route, path_params = found
        plan = route.plan
        if plan is None or (length is None and plan.body is not None):
            return None
        return None if (length or 0) > self._max_body_bytes else (route, plan, path_params)


def _body_bytes(scope: Scope) -> float | None:
    """Return the size of the body: None without one, and infinite if it is not known."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else inf
        if name == b"transfer-encoding":
            return inf
    return None


def _again(request: CheckedRequest, receive: Receive) -> Receive:
    """Replay the body if the request has read it, then receive more."""
    read = [request.read_body] if request.read_body is not None else []

    async def receive_again() -> Message:
        if read:
            return {"type": "http.request", "body": read.pop(), "more_body": False}
        return await receive()

    return receive_again
