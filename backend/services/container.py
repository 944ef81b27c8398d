"""The services of one process, by name."""

from dataclasses import dataclass

from backend.services.assistant.model_configs import ModelConfigService
from backend.services.assistant.output_schemas import OutputSchemaService
from backend.services.assistant.prompts import PromptService
from backend.services.assistant.tool_registry import ToolService
from backend.services.assistant.wiring import Assistant
from backend.services.background.executions import ExecutionService
from backend.services.background.jobs import JobService
from backend.services.background.stream import ExecutionWatch
from backend.services.files.files import FileService
from backend.services.identity.auth import AuthService
from backend.services.identity.email_verification import EmailVerificationService
from backend.services.identity.invitations import InvitationService
from backend.services.identity.password_resets import PasswordResetService
from backend.services.identity.rights import PresentRights
from backend.services.identity.sessions import SessionService
from backend.services.identity.users import UserService
from backend.services.mail.delivery import MailService
from backend.services.notifications.handler import Notifier
from backend.services.notifications.notifications import NotificationService
from backend.services.notifications.stream import NotificationWatch
from backend.services.operations.audit_events import AuditService
from backend.services.operations.health import HealthService
from backend.services.operations.retention import CleanUpService
from backend.services.platform.idempotency import IdempotencyService
from backend.services.sales.customers import CustomerService
from backend.services.sales.leads import LeadService
from backend.services.sales.products import ProductService
from backend.services.search.search import SearchService
from backend.services.work.checklists import ChecklistService
from backend.services.work.modules import ModuleService
from backend.services.work.task_bulk import TaskBulkService
from backend.services.work.tasks import TaskService
from backend.services.workflows.workflows import WorkflowService


@dataclass(frozen=True)
class Services:
    auth: AuthService
    rights: PresentRights
    sessions: SessionService
    users: UserService
    email_verification: EmailVerificationService
    password_resets: PasswordResetService
    invitations: InvitationService
    mails: MailService
    customers: CustomerService
    leads: LeadService
    products: ProductService
    tasks: TaskService
    task_bulk: TaskBulkService
    checklists: ChecklistService
    modules: ModuleService
    files: FileService
    model_configs: ModelConfigService
    tools: ToolService
    prompts: PromptService
    output_schemas: OutputSchemaService
    executions: ExecutionService
    execution_watch: ExecutionWatch
    workflows: WorkflowService
    search: SearchService
    idempotency: IdempotencyService
    notifications: NotificationService
    notification_watch: NotificationWatch
    notifier: Notifier
    clean_up: CleanUpService
    audit: AuditService
    jobs: JobService
    assistant: Assistant
    health: HealthService
