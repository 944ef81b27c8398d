"""Collects the routers under `/api/v1`."""

from types import ModuleType

from fastapi import APIRouter

from backend.api import health
from backend.api.v1.assistant import (
    chat_messages,
    chats,
    model_configs,
    output_schemas,
    prompts,
    requests,
    tools,
)
from backend.api.v1.background import executions, jobs
from backend.api.v1.files import files
from backend.api.v1.identity import account_links, auth, invitations, sessions, users
from backend.api.v1.notifications import notifications
from backend.api.v1.operations import audit_events
from backend.api.v1.sales import customers, leads, products
from backend.api.v1.search import search
from backend.api.v1.tasks import checklists, modules, task_bulk, tasks
from backend.api.v1.workflows import workflow_versions, workflows

PREFIX = "/api/v1"

_RESOURCES = (
    sessions,
    users,
    invitations,
    customers,
    leads,
    products,
    tasks,
    task_bulk,
    checklists,
    modules,
    files,
    notifications,
    executions,
    workflows,
    workflow_versions,
    model_configs,
    chats,
    chat_messages,
    requests,
    tools,
    prompts,
    output_schemas,
    search,
    audit_events,
    jobs,
)

router = APIRouter(prefix=PREFIX)
for resource in _RESOURCES:
    router.include_router(resource.router)

accounts = APIRouter(prefix=PREFIX)
"""Routes that need no sign-in, whose bodies are more limited."""
accounts.include_router(auth.router)
accounts.include_router(account_links.router)

uploads = APIRouter(prefix=PREFIX)
"""Routes that take files, whose bodies may be larger."""
uploads.include_router(files.uploads)


def _tags(*modules: ModuleType) -> list[dict[str, str | None]]:
    """The text of each tag: the docstring of the first module that has it."""
    described: dict[str, str | None] = {}
    for module in modules:
        for tag in module.router.tags:
            described.setdefault(tag, module.__doc__)
    return [{"name": tag, "description": text} for tag, text in described.items()]


TAGS = _tags(auth, *_RESOURCES, health)
"""For the OpenAPI document."""
