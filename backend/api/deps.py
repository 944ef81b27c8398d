"""Who calls a route, by which device, and with what permission."""

from dataclasses import dataclass
from time import monotonic
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from backend.api.injection import service_of
from backend.core.addresses import known_address
from backend.core.errors import AuthenticationError
from backend.core.permissions import Permission, Principal
from backend.models.identity.sessions import Client
from backend.services.identity.rights import PresentRights
from backend.services.identity.sessions import SessionService

DEVICE_LENGTH = 400
_CALLER = "caller"
_FRESH_SECONDS = 1.0
"""For how long rights need not be looked at again: bodies may take minutes to come."""


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
    """Who calls, with the rights of now, whenever the request began.

    Raises:
        AuthenticationError: nobody is signed in, or not any more.
        PermissionDeniedError: the account was deactivated while the body came.
    """
    state: dict[str, Any] = request.scope["state"]
    caller: Principal
    if _CALLER not in state:
        if (token := await bearer(request)) is None:
            raise AuthenticationError("You are not signed in.")
        caller = await service_of(request, SessionService).identify(token)
    else:
        caller, asked_at = state[_CALLER]
        if monotonic() - asked_at < _FRESH_SECONDS:
            return caller
        caller = await service_of(request, PresentRights).of(caller)
    state[_CALLER] = caller, monotonic()
    return caller


async def signed_in(request: Request, _: Annotated[str | None, Depends(bearer)]) -> Principal:
    """Whoever is signed in, whatever their role."""
    return await identify(request)


CallerDep = Annotated[Principal, Depends(signed_in)]


@dataclass(frozen=True)
class Requires:
    """A dependency that lets only callers with the permission through, and answers who it is."""

    permission: Permission

    async def __call__(self, caller: CallerDep) -> Principal:
        caller.require(self.permission)
        return caller


def may(permission: Permission) -> Any:
    """Declares the permission of a route. Every route declares one, `signed_in` or `public`."""
    return Depends(Requires(permission))


async def is_public() -> None:
    """Marks a route that anybody may call."""


public = Depends(is_public)
