"""Tables and schemas. Importing this package registers every table in the metadata."""

from backend.models.assistant.chat_messages import ChatMessage
from backend.models.assistant.chats import Chat
from backend.models.assistant.model_configs import ModelConfig
from backend.models.assistant.output_schemas import OutputSchema
from backend.models.assistant.planned_actions import AgentAction
from backend.models.assistant.prompt_versions import PromptVersion
from backend.models.assistant.prompts import Prompt
from backend.models.assistant.tools import Tool
from backend.models.assistant.usage_records import AgentRun
from backend.models.background.execution_steps import ExecutionStep
from backend.models.background.executions import Execution
from backend.models.background.jobs import JobFailure
from backend.models.files.files import File
from backend.models.identity.account_tokens import AccountToken
from backend.models.identity.invitations import Invitation
from backend.models.identity.mail_limits import MailRequest
from backend.models.identity.sessions import RefreshToken, UserSession
from backend.models.identity.sign_in_failures import SignInFailure
from backend.models.identity.users import User
from backend.models.mail.mails import Mail
from backend.models.notifications.notifications import Notification, NotificationPreference
from backend.models.platform.audit_events import Event
from backend.models.platform.idempotency import IdempotentRequest
from backend.models.sales.customers import Customer
from backend.models.sales.leads import Lead, LeadProduct
from backend.models.sales.products import Product
from backend.models.work.modules import Module
from backend.models.work.tasks import Task
from backend.models.workflows.workflow_versions import WorkflowVersion
from backend.models.workflows.workflows import Workflow

__all__ = [
    "AccountToken",
    "AgentAction",
    "AgentRun",
    "Chat",
    "ChatMessage",
    "Customer",
    "Event",
    "Execution",
    "ExecutionStep",
    "File",
    "IdempotentRequest",
    "Invitation",
    "JobFailure",
    "Lead",
    "LeadProduct",
    "Mail",
    "MailRequest",
    "ModelConfig",
    "Module",
    "Notification",
    "NotificationPreference",
    "OutputSchema",
    "Product",
    "Prompt",
    "PromptVersion",
    "RefreshToken",
    "SignInFailure",
    "Task",
    "Tool",
    "User",
    "UserSession",
    "Workflow",
    "WorkflowVersion",
]
