"""Puts together the services of one process: the API's, the worker's or a command's."""

from collections.abc import Mapping
from datetime import timedelta

from backend.core.config import Settings
from backend.core.security import AccessTokens, PasswordHasher
from backend.integrations.storage import open_storage
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.audit import AuditService
from backend.services.auth import AuthService
from backend.services.checklists import ChecklistService
from backend.services.container import Services
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


def wire(settings: Settings, uow: UnitOfWorkFactory, checks: Mapping[str, Check]) -> Services:
    """Make the services of one process, with all that they stand on."""
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
        audit=AuditService(uow),
        health=HealthService(checks),
    )


def file_service(settings: Settings, uow: UnitOfWorkFactory) -> FileService:
    """Raises ConfigurationError if FILES_URL can't be used."""
    rules = FileRules(settings.files.max_bytes, settings.files.allowed_types)
    return FileService(uow, open_storage(settings.files_url), rules)
