"""Rows for tests: valid as they are, and every field can be given."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from backend.core.config import ModelProvider, ProviderName
from backend.core.permissions import Principal, Role, SubjectKind
from backend.core.scopes import FIRST_ORGANISATION
from backend.models.assistant.chat_messages import ChatMessage, MessageRole
from backend.models.assistant.chats import Chat
from backend.models.assistant.message_parts import TextPart
from backend.models.assistant.model_configs import ModelConfig
from backend.models.assistant.output_schemas import OutputSchema
from backend.models.assistant.planned_actions import PlannedAction
from backend.models.assistant.prompt_versions import PromptVersion
from backend.models.assistant.prompts import Prompt
from backend.models.assistant.tools import Tool
from backend.models.background.execution_steps import ExecutionStep
from backend.models.background.executions import Execution, ExecutionStatus
from backend.models.files.files import File
from backend.models.identity.api_keys import ApiKey
from backend.models.identity.invitations import Invitation
from backend.models.identity.linked_identities import LinkedIdentity
from backend.models.identity.passkeys import Passkey
from backend.models.identity.users import User
from backend.models.notifications.notifications import Notification, NotificationKind
from backend.models.platform.mixins import now
from backend.models.sales.customers import Customer, CustomerStatus
from backend.models.sales.leads import Lead
from backend.models.sales.products import Product
from backend.models.tasks.modules import Module
from backend.models.tasks.tasks import Task, TaskPriority
from backend.models.webhooks.deliveries import WebhookDelivery, WebhookMessage
from backend.models.webhooks.webhooks import Webhook
from backend.models.workflows.crews import Crew
from backend.models.workflows.workflow_versions import WorkflowVersion
from backend.models.workflows.workflows import Workflow, WorkflowKind

PASSWORD = "correct horse battery staple"
PASSWORD_HASH = (
    "$argon2id$v=19$m=1024,t=1,p=1$b/AwaW/JSDwOPcRy9Xplyg$"
    "qpLx9c+ttyYExUl7LU5togkTqIc7Ob/ZmsEY/knSwGk"
)
"""The hash of PASSWORD, made to be compared with in a moment, unlike those that are in use."""

_number = count(1)


def known_id(path: str) -> UUID:
    """The id of the row that others refer to where they must: see `add_needed` in world.py."""
    return uuid5(NAMESPACE_URL, path)


def make_user(**fields: Any) -> User:
    number = next(_number)
    defaults = {
        "email": f"person{number}@example.com",
        "full_name": f"Person {number}",
        "role": Role.MEMBER,
        "password_hash": PASSWORD_HASH,
    }
    return User(**(defaults | fields))


def make_api_key(**fields: Any) -> ApiKey:
    """A row alone: nobody knows its key."""
    number = next(_number)
    defaults = {"name": f"Key {number}", "starts_with": "mvp_", "token_hash": f"hash {number}"}
    return ApiKey(**(defaults | fields))


def make_identity(**fields: Any) -> LinkedIdentity:
    number = next(_number)
    defaults = {"provider": ProviderName.GOOGLE, "subject": str(number), "email": None}
    return LinkedIdentity(**(defaults | fields))


def make_passkey(**fields: Any) -> Passkey:
    """A row alone: no device has its key."""
    number = next(_number)
    defaults: dict[str, Any] = {
        "name": f"Passkey {number}",
        "credential_id": str(number).encode(),
        "public_key": b"",
        "sign_count": 0,
        "is_backed_up": False,
    }
    return Passkey(**(defaults | fields))


def make_customer(**fields: Any) -> Customer:
    defaults = {"name": f"Customer {next(_number)}", "status": CustomerStatus.PROSPECT}
    return Customer(**(defaults | fields))


def make_chat(**fields: Any) -> Chat:
    return Chat(**({"title": f"Chat {next(_number)}"} | fields))


def make_message(**fields: Any) -> ChatMessage:
    """An answer, unless it is given another role."""
    text = f"Message {next(_number)}"
    defaults: dict[str, Any] = {
        "role": MessageRole.ASSISTANT,
        "position": next(_number),
        "model": "offline",
        "parts": [TextPart(text=text)],
        "text": text,
    }
    return ChatMessage(**(defaults | fields))


def make_action(**fields: Any) -> PlannedAction:
    defaults: dict[str, Any] = {
        "tool": "delete_task",
        "arguments": {},
        "plan": "Delete the task for good.",
        "expires_at": now() + timedelta(minutes=15),
    }
    return PlannedAction(**(defaults | fields))


def make_lead(**fields: Any) -> Lead:
    return Lead(**({"name": f"Lead {next(_number)}"} | fields))


def make_product(**fields: Any) -> Product:
    number = next(_number)
    defaults: dict[str, Any] = {
        "sku": f"SKU-{number}",
        "name": f"Product {number}",
        "price_amount": Decimal("19.90"),
        "price_currency": "EUR",
    }
    return Product(**(defaults | fields))


def make_module(**fields: Any) -> Module:
    number = next(_number)
    defaults: dict[str, Any] = {"title": f"Module {number}", "position": number}
    return Module(**(defaults | fields))


def make_model_config(**fields: Any) -> ModelConfig:
    defaults: dict[str, Any] = {
        "name": f"Model {next(_number)}",
        "provider": ModelProvider.OFFLINE,
        "model": "offline",
    }
    return ModelConfig(**(defaults | fields))


def make_prompt(**fields: Any) -> Prompt:
    """Without a version, which a test adds if it looks at one."""
    defaults: dict[str, Any] = {
        "name": f"prompt-{next(_number)}",
        "template": "Be brief.",
        "variables": [],
    }
    return Prompt(**(defaults | fields))


def make_prompt_version(**fields: Any) -> PromptVersion:
    """Needs the prompt whose it is, as `prompt_id`."""
    defaults: dict[str, Any] = {"number": 1, "template": "Be brief.", "variables": []}
    return PromptVersion(**(defaults | fields))


def make_output_schema(**fields: Any) -> OutputSchema:
    defaults: dict[str, Any] = {
        "name": f"schema-{next(_number)}",
        "json_schema": {"type": "object"},
    }
    return OutputSchema(**(defaults | fields))


def make_tool(**fields: Any) -> Tool:
    defaults: dict[str, Any] = {
        "name": f"tool_{next(_number)}",
        "description": "Does something.",
        "parameters": {"type": "object", "properties": {}},
        "permission": "tasks:read",
        "is_destructive": False,
    }
    return Tool(**(defaults | fields))


def make_file(**fields: Any) -> File:
    """A row without content in the storage."""
    defaults: dict[str, Any] = {
        "name": f"file {next(_number)}.txt",
        "media_type": "text/plain",
        "size": 3,
        "sha256": "0" * 64,
    }
    return File(**(defaults | fields))


def make_invitation(**fields: Any) -> Invitation:
    """Needs the user who invites, as `invited_by`."""
    defaults: dict[str, Any] = {
        "email": f"invited{next(_number)}@example.com",
        "role": Role.MEMBER,
        "expires_at": now() + timedelta(days=1),
    }
    return Invitation(**(defaults | fields))


def make_notification(**fields: Any) -> Notification:
    """Needs the user whose it is, as `user_id`."""
    defaults: dict[str, Any] = {
        "kind": NotificationKind.TASK_ASSIGNED,
        "title": f"Notification {next(_number)}",
        "text": "A task",
        "subject_kind": SubjectKind.TASK,
        "subject_id": uuid4(),
        "event_id": uuid4(),
    }
    return Notification(**(defaults | fields))


def make_execution(**fields: Any) -> Execution:
    """One that was cancelled before it began, unless told otherwise."""
    defaults: dict[str, Any] = {
        "kind": "report",
        "name": f"Report {next(_number)}",
        "inputs": {"report": "tasks_by_age"},
        "status": ExecutionStatus.CANCELLED,
    }
    return Execution(**(defaults | fields))


def make_step(**fields: Any) -> ExecutionStep:
    number = next(_number)
    defaults: dict[str, Any] = {
        "name": f"step {number}",
        "position": number,
        "started_at": now(),
        "finished_at": now(),
    }
    return ExecutionStep(**(defaults | fields))


def make_task(**fields: Any) -> Task:
    defaults = {"title": f"Task {next(_number)}", "priority": TaskPriority.NORMAL}
    return Task(**(defaults | fields))


def make_workflow(**fields: Any) -> Workflow:
    """A crew with one task. Its versions are rows of their own."""
    number = next(_number)
    definition = {
        "agents": [{"name": "ada", "role": "Researcher"}],
        "tasks": [{"name": "look", "description": "Show open tasks", "agent": "ada"}],
    }
    defaults: dict[str, Any] = {
        "kind": WorkflowKind.CREW,
        "name": f"Workflow {number}",
        "definition": Crew.model_validate(definition).model_dump(mode="json"),
    }
    return Workflow(**(defaults | fields))


def make_workflow_version(workflow: Workflow, **fields: Any) -> WorkflowVersion:
    """Needs the user who made it, as `created_by`."""
    defaults: dict[str, Any] = {
        "workflow_id": workflow.id,
        "number": 1,
        "definition": workflow.definition,
    }
    return WorkflowVersion(**(defaults | fields))


def make_principal(role: Role = Role.MEMBER, **fields: Any) -> Principal:
    ids: dict[str, Any] = {"user_id": uuid4(), "session_id": uuid4()}
    ids["organisation_id"] = FIRST_ORGANISATION
    return Principal(role=role, **(ids | fields))


def make_webhook(**fields: Any) -> Webhook:
    number = next(_number)
    defaults: dict[str, Any] = {
        "url": f"https://hooks.example.com/{number}",
        "event_types": ["task.created"],
        "sealed_secret": b"sealed",
    }
    return Webhook(**(defaults | fields))


def make_webhook_message(**fields: Any) -> WebhookMessage:
    defaults: dict[str, Any] = {"event_type": "task.created", "body": "{}"}
    return WebhookMessage(**(defaults | fields))


def make_webhook_delivery(**fields: Any) -> WebhookDelivery:
    """Needs `webhook_id` and `message_id`."""
    defaults: dict[str, Any] = {"event_type": "task.created", "due_at": now(), "retry_until": now()}
    return WebhookDelivery(**(defaults | fields))
