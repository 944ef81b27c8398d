"""The caller of a route, their device and their permission."""

from dataclasses import dataclass
from time import monotonic
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from backend.core.addresses import known_address
from backend.core.api_keys import is_key
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
        AuthenticationError: nobody is signed in, or the session or the API key has ended.
        PermissionDeniedError: the account was deactivated while the body arrived.
    """
    state: dict[str, Any] = request.scope["state"]
    caller: Principal
    if _CALLER not in state:
        if (token := await bearer(request)) is None:
            raise AuthenticationError("You are not signed in.")
        services: Services = request.app.state.services
        if is_key(token):
            caller = await services.identity.key_access.identify(token)
        else:
            caller = await services.identity.sessions.identify(token)
    else:
        caller, asked_at = state[_CALLER]
        if monotonic() - asked_at < _FRESH_SECONDS:
            return caller
        services = request.app.state.services
        caller = await services.identity.rights.of(caller)
    state[_CALLER] = caller, monotonic()
    return caller


async def known_caller(request: Request, _: Annotated[str | None, Depends(bearer)]) -> Principal:
    """A caller of any role, in person or by an API key; alone it is no declaration of a route."""
    return await identify(request)


KnownCallerDep = Annotated[Principal, Depends(known_caller)]


async def signed_in(caller: KnownCallerDep) -> Principal:
    """A signed-in caller of any role, for what is private to them.

    Refuses API keys that are narrowed.
    """
    caller.require_own()
    return caller


CallerDep = Annotated[Principal, Depends(signed_in)]


async def any_caller(caller: KnownCallerDep) -> Principal:
    """A signed-in caller of any role, for work that they have started, or start by its own rules.

    Lets in all API keys: one that is narrowed reaches what it has started itself, and the service
    sees to that.
    """
    return caller


StarterDep = Annotated[Principal, Depends(any_caller)]


async def in_person(caller: KnownCallerDep) -> Principal:
    """A signed-in caller of any role, for matters of their account. Refuses API keys."""
    caller.require_in_person()
    return caller


PersonDep = Annotated[Principal, Depends(in_person)]


@dataclass(frozen=True)
class OwnWith:
    """Like `signed_in`, but lets in keys that are narrowed to one of the permissions."""

    permissions: tuple[Permission, ...]

    async def __call__(self, caller: KnownCallerDep) -> Principal:
        caller.require_own(*self.permissions)
        return caller


@dataclass(frozen=True)
class Requires:
    """Return a dependency that requires the permission and returns the caller."""

    permission: Permission

    async def __call__(self, caller: KnownCallerDep) -> Principal:
        caller.require(self.permission)
        return caller


def may(permission: Permission) -> Any:
    """Declares the permission of a route.

    The alternatives are `CallerDep`, `StarterDep`, `own_with`, `PersonDep` and `public`.
    """
    return Depends(Requires(permission))


def own_with(*permissions: Permission) -> Any:
    """Declares a route for all who are signed in, and keys narrowed to one of the permissions."""
    return Depends(OwnWith(permissions))


async def caller_if_any(request: Request) -> Principal | None:
    """Return the caller of a public route, if they send a token. It has to be valid."""
    return await identify(request) if "authorization" in request.headers else None


CallerIfAnyDep = Annotated[Principal | None, Depends(caller_if_any)]


async def is_public() -> None:
    """Marks a route that needs no sign-in."""


public = Depends(is_public)
