"""The services of one process, by name."""

from dataclasses import dataclass

from backend.services.audit import AuditService
from backend.services.auth import AuthService
from backend.services.checklists import ChecklistService
from backend.services.customers import CustomerService
from backend.services.files import FileService
from backend.services.health import HealthService
from backend.services.idempotency import IdempotencyService
from backend.services.leads import LeadService
from backend.services.modules import ModuleService
from backend.services.products import ProductService
from backend.services.search import SearchService
from backend.services.sessions import SessionService
from backend.services.task_bulk import TaskBulkService
from backend.services.tasks import TaskService
from backend.services.users import UserService


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
    audit: AuditService
    health: HealthService
