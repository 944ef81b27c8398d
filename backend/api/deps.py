"""Everything that a route may ask for, wired here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from backend.core.addresses import known_address
from backend.core.config import Settings
from backend.core.database import Database
from backend.core.errors import AuthenticationError
from backend.core.permissions import Permission, Principal
from backend.core.security import AccessTokens, PasswordHasher
from backend.models.sessions import Client
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.auth import AuthService
from backend.services.customers import CustomerService
from backend.services.health import Check, HealthService
from backend.services.sessions import SessionService
from backend.services.sign_ins import PasswordCheck
from backend.services.tasks import TaskService
from backend.services.users import UserService

DEVICE_LENGTH = 400


@dataclass(frozen=True)
class Services:
    auth: AuthService
    sessions: SessionService
    users: UserService
    customers: CustomerService
    tasks: TaskService
    health: HealthService


def wire(settings: Settings, database: Database, checks: Mapping[str, Check]) -> Services:
    """Make the services of one process, with all that they stand on."""
    uow = SqlUnitOfWorkFactory(database)
    hasher = PasswordHasher()
    tokens = AccessTokens(settings.security)
    role = settings.security.registration_role if settings.registration_enabled else None
    return Services(
        auth=AuthService(
            uow,
            hasher,
            PasswordCheck(uow, hasher, settings.security),
            tokens,
            timedelta(days=settings.security.refresh_token_days),
        ),
        sessions=SessionService(uow, tokens),
        users=UserService(uow, hasher, role),
        customers=CustomerService(uow),
        tasks=TaskService(uow),
        health=HealthService(checks),
    )


def _service(pick: Callable[[Services], object]) -> Any:
    async def provide(request: Request) -> object:
        return pick(request.app.state.services)

    return Depends(provide)


AuthServiceDep = Annotated[AuthService, _service(lambda services: services.auth)]
SessionServiceDep = Annotated[SessionService, _service(lambda services: services.sessions)]
UserServiceDep = Annotated[UserService, _service(lambda services: services.users)]
CustomerServiceDep = Annotated[CustomerService, _service(lambda services: services.customers)]
TaskServiceDep = Annotated[TaskService, _service(lambda services: services.tasks)]
HealthServiceDep = Annotated[HealthService, _service(lambda services: services.health)]


async def _client(request: Request) -> Client:
    device = request.headers.get("user-agent", "")[:DEVICE_LENGTH]
    return Client(device or None, known_address(request.client.host if request.client else None))


ClientDep = Annotated[Client, Depends(_client)]

_bearer = OAuth2PasswordBearer(
    "/api/v1/auth/token",
    scheme_name="SignIn",
    description="Your e-mail address as `username`, and your password.",
    refreshUrl="/api/v1/auth/refresh",
    auto_error=False,
)


async def signed_in(
    sessions: SessionServiceDep, token: Annotated[str | None, Depends(_bearer)]
) -> Principal:
    """Whoever is signed in, whatever their role."""
    if token is None:
        raise AuthenticationError("You are not signed in.")
    return await sessions.identify(token)


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
