"""The caller of a route, their device and their permission."""

from dataclasses import dataclass
from time import monotonic
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from backend.core.addresses import known_address
from backend.core.errors import AuthenticationError
from backend.core.permissions import Permission, Principal
from backend.models.identity.sessions import Client
from backend.services.container import Services

DEVICE_LENGTH = 400
_CALLER = "caller"
_FRESH_SECONDS = 1.0
"""For how long rights are not checked again: bodies may take minutes to arrive."""


async def _client(request: Request) -> Client:
    device = request.headers.get("user-agent", "")[:DEVICE_LENGTH]
    return Client(device or None, known_address(request.client.host if request.client else None))


ClientDep = Annotated[Client, Depends(_client)]

bearer = OAuth2PasswordBearer(
    "/api/v1/auth/token",
    scheme_name="SignIn",
    description="Your e-mail address as `username`, and your password.",
    refreshUrl="/api/v1/auth/refresh",
    auto_error=False,
)


async def identify(request: Request) -> Principal:
    """Return the caller with their current rights, however long ago the request began.

    Raises:
        AuthenticationError: nobody is signed in, or the session has ended.
        PermissionDeniedError: the account was deactivated while the body arrived.
    """
    state: dict[str, Any] = request.scope["state"]
    caller: Principal
    if _CALLER not in state:
        if (token := await bearer(request)) is None:
            raise AuthenticationError("You are not signed in.")
        services: Services = request.app.state.services
        caller = await services.identity.sessions.identify(token)
    else:
        caller, asked_at = state[_CALLER]
        if monotonic() - asked_at < _FRESH_SECONDS:
            return caller
        services = request.app.state.services
        caller = await services.identity.rights.of(caller)
    state[_CALLER] = caller, monotonic()
    return caller


async def signed_in(request: Request, _: Annotated[str | None, Depends(bearer)]) -> Principal:
    """A signed-in caller of any role."""
    return await identify(request)


CallerDep = Annotated[Principal, Depends(signed_in)]


@dataclass(frozen=True)
class Requires:
    """Return a dependency that requires the permission and returns the caller."""

    permission: Permission

    async def __call__(self, caller: CallerDep) -> Principal:
        caller.require(self.permission)
        return caller


def may(permission: Permission) -> Any:
    """Declares the permission of a route. The alternatives are `signed_in` and `public`."""
    return Depends(Requires(permission))


async def is_public() -> None:
    """Marks a route that needs no sign-in."""


public = Depends(is_public)
