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
from backend.integrations.storage import open_storage
from backend.models.sessions import Client
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.auth import AuthService
from backend.services.checklists import ChecklistService
from backend.services.customers import CustomerService
from backend.services.files import FileRules, FileService
from backend.services.health import Check, HealthService
from backend.services.idempotency import IdempotencyService
from backend.services.leads import LeadService
from backend.services.modules import ModuleService
from backend.services.products import ProductService
from backend.services.search import SearchService
from backend.services.sessions import SessionService
from backend.services.sign_ins import PasswordCheck
from backend.services.task_bulk import TaskBulkService
from backend.services.tasks import TaskService
from backend.services.users import UserService

DEVICE_LENGTH = 400


@dataclass(frozen=True)
class Services:
    auth: AuthService
    sessions: SessionService
    users: UserService
    customers: CustomerService
    leads: LeadService
    products: ProductService
    tasks: TaskService
    task_bulk: TaskBulkService
    checklists: ChecklistService
    modules: ModuleService
    files: FileService
    search: SearchService
    idempotency: IdempotencyService
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
        leads=LeadService(uow),
        products=ProductService(uow),
        tasks=TaskService(uow),
        task_bulk=TaskBulkService(uow, require_version=settings.server.require_if_match),
        checklists=ChecklistService(uow),
        modules=ModuleService(uow),
        files=file_service(settings, uow),
        search=SearchService(uow),
        idempotency=IdempotencyService(uow),
        health=HealthService(checks),
    )


def file_service(settings: Settings, uow: UnitOfWorkFactory) -> FileService:
    """Raises ConfigurationError if FILES_URL can't be used."""
    rules = FileRules(settings.files.max_bytes, settings.files.allowed_types)
    return FileService(uow, open_storage(settings.files_url), rules)


def _service(pick: Callable[[Services], object]) -> Any:
    async def provide(request: Request) -> object:
        return pick(request.app.state.services)

    return Depends(provide)


AuthServiceDep = Annotated[AuthService, _service(lambda services: services.auth)]
SessionServiceDep = Annotated[SessionService, _service(lambda services: services.sessions)]
UserServiceDep = Annotated[UserService, _service(lambda services: services.users)]
CustomerServiceDep = Annotated[CustomerService, _service(lambda services: services.customers)]
LeadServiceDep = Annotated[LeadService, _service(lambda services: services.leads)]
ProductServiceDep = Annotated[ProductService, _service(lambda services: services.products)]
TaskServiceDep = Annotated[TaskService, _service(lambda services: services.tasks)]
TaskBulkServiceDep = Annotated[TaskBulkService, _service(lambda services: services.task_bulk)]
ChecklistServiceDep = Annotated[ChecklistService, _service(lambda services: services.checklists)]
ModuleServiceDep = Annotated[ModuleService, _service(lambda services: services.modules)]
FileServiceDep = Annotated[FileService, _service(lambda services: services.files)]
SearchServiceDep = Annotated[SearchService, _service(lambda services: services.search)]
HealthServiceDep = Annotated[HealthService, _service(lambda services: services.health)]


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


async def signed_in(
    sessions: SessionServiceDep, token: Annotated[str | None, Depends(bearer)]
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
