"""Everything that a route may ask for, wired here."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from backend.core.addresses import known_address
from backend.core.errors import AuthenticationError
from backend.core.permissions import Permission, Principal
from backend.models.identity.sessions import Client
from backend.services.assistant.chat_messages import ConversationService
from backend.services.assistant.chats import ChatService
from backend.services.assistant.model_configs import ModelConfigService
from backend.services.assistant.output_schemas import OutputSchemaService
from backend.services.assistant.planned_actions import AgentActionService
from backend.services.assistant.prompts import PromptService
from backend.services.assistant.requests import AgentService
from backend.services.assistant.tool_registry import ToolService
from backend.services.background.executions import ExecutionService
from backend.services.background.jobs import JobService
from backend.services.background.stream import ExecutionWatch
from backend.services.container import Services
from backend.services.files.files import FileService
from backend.services.identity.auth import AuthService
from backend.services.identity.email_verification import EmailVerificationService
from backend.services.identity.invitations import InvitationService
from backend.services.identity.password_resets import PasswordResetService
from backend.services.identity.rights import PresentRights
from backend.services.identity.sessions import SessionService
from backend.services.identity.users import UserService
from backend.services.notifications.notifications import NotificationService
from backend.services.notifications.stream import NotificationWatch
from backend.services.operations.audit_events import AuditService
from backend.services.operations.health import HealthService
from backend.services.sales.customers import CustomerService
from backend.services.sales.leads import LeadService
from backend.services.sales.products import ProductService
from backend.services.search.search import SearchService
from backend.services.work.checklists import ChecklistService
from backend.services.work.modules import ModuleService
from backend.services.work.task_bulk import TaskBulkService
from backend.services.work.tasks import TaskService
from backend.services.workflows.workflows import WorkflowService

DEVICE_LENGTH = 400
_CALLER = "caller"
_FRESH_SECONDS = 1.0
"""For how long rights need not be looked at again: bodies may take minutes to come."""


def _service(pick: Callable[[Services], object]) -> Any:
    async def provide(request: Request) -> object:
        return pick(request.app.state.services)

    return Depends(provide)


AuthServiceDep = Annotated[AuthService, _service(lambda services: services.auth)]
SessionServiceDep = Annotated[SessionService, _service(lambda services: services.sessions)]
PresentRightsDep = Annotated[PresentRights, _service(lambda services: services.rights)]
UserServiceDep = Annotated[UserService, _service(lambda services: services.users)]
EmailVerificationServiceDep = Annotated[
    EmailVerificationService, _service(lambda services: services.email_verification)
]
PasswordResetServiceDep = Annotated[
    PasswordResetService, _service(lambda services: services.password_resets)
]
InvitationServiceDep = Annotated[InvitationService, _service(lambda services: services.invitations)]
CustomerServiceDep = Annotated[CustomerService, _service(lambda services: services.customers)]
LeadServiceDep = Annotated[LeadService, _service(lambda services: services.leads)]
ProductServiceDep = Annotated[ProductService, _service(lambda services: services.products)]
TaskServiceDep = Annotated[TaskService, _service(lambda services: services.tasks)]
TaskBulkServiceDep = Annotated[TaskBulkService, _service(lambda services: services.task_bulk)]
ChecklistServiceDep = Annotated[ChecklistService, _service(lambda services: services.checklists)]
ModuleServiceDep = Annotated[ModuleService, _service(lambda services: services.modules)]
FileServiceDep = Annotated[FileService, _service(lambda services: services.files)]
ModelConfigServiceDep = Annotated[
    ModelConfigService, _service(lambda services: services.model_configs)
]
ToolServiceDep = Annotated[ToolService, _service(lambda services: services.tools)]
PromptServiceDep = Annotated[PromptService, _service(lambda services: services.prompts)]
OutputSchemaServiceDep = Annotated[
    OutputSchemaService, _service(lambda services: services.output_schemas)
]
ExecutionServiceDep = Annotated[ExecutionService, _service(lambda services: services.executions)]
ExecutionWatchDep = Annotated[ExecutionWatch, _service(lambda services: services.execution_watch)]
WorkflowServiceDep = Annotated[WorkflowService, _service(lambda services: services.workflows)]
SearchServiceDep = Annotated[SearchService, _service(lambda services: services.search)]
AuditServiceDep = Annotated[AuditService, _service(lambda services: services.audit)]
JobServiceDep = Annotated[JobService, _service(lambda services: services.jobs)]
NotificationServiceDep = Annotated[
    NotificationService, _service(lambda services: services.notifications)
]
NotificationWatchDep = Annotated[
    NotificationWatch, _service(lambda services: services.notification_watch)
]
ChatServiceDep = Annotated[ChatService, _service(lambda services: services.assistant.chats)]
ConversationServiceDep = Annotated[
    ConversationService, _service(lambda services: services.assistant.conversations)
]
AgentServiceDep = Annotated[AgentService, _service(lambda services: services.assistant.agent)]
AgentActionServiceDep = Annotated[
    AgentActionService, _service(lambda services: services.assistant.actions)
]
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
        caller = await request.app.state.services.sessions.identify(token)
    else:
        caller, asked_at = state[_CALLER]
        if monotonic() - asked_at < _FRESH_SECONDS:
            return caller
        caller = await request.app.state.services.rights.of(caller)
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
