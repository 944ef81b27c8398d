"""Adds the routes of all resources to the app, under `/api/v1`."""

from collections.abc import Sequence
from types import ModuleType

from fastapi import FastAPI

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
from backend.api.v1.background import (
    executions,
    jobs,
)
from backend.api.v1.exchange import account_exports
from backend.api.v1.files import files
from backend.api.v1.identity import (
    account_links,
    accounts,
    api_keys,
    auth,
    impersonations,
    invitations,
    linked_identities,
    members,
    organisations,
    passkeys,
    provider_sign_ins,
    second_factors,
    sessions,
    switching,
    users,
)
from backend.api.v1.notifications import combined_stream, notifications
from backend.api.v1.operations import audit_events
from backend.api.v1.sales import (
    customers,
    leads,
    products,
)
from backend.api.v1.search import search
from backend.api.v1.tasks import (
    checklists,
    modules,
    task_bulk,
    tasks,
)
from backend.api.v1.webhooks import (
    deliveries,
    incoming,
    webhooks,
)
from backend.api.v1.workflows import (
    workflow_versions,
    workflows,
)
from backend.core.scopes import Organisations

PREFIX = "/api/v1"

_RESOURCES = (
    sessions,
    linked_identities,
    api_keys,
    users,
    accounts,
    account_exports,
    impersonations,
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
    combined_stream,
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
    webhooks,
    deliveries,
    search,
    audit_events,
    jobs,
)

_OF_MANY = (organisations, members)
_OF_INSTALLATION = frozenset({accounts, jobs})
"""Where there are many organisations, the command line alone shows what is of all."""

_OPEN = (auth, account_links, second_factors, passkeys, provider_sign_ins, incoming)
_OPEN_BODY_BYTES = 64 * 1024
"""For routes that need no sign-in."""


def add_resources(
    app: FastAPI, max_body_bytes: int, max_file_bytes: int, serving: Organisations
) -> None:
    """Add the routes of all resources, and limit the bodies that they take."""
    for module in _open(serving):
        module.router.add_to(app.router, PREFIX, min(max_body_bytes, _OPEN_BODY_BYTES))
    for module in _resources(serving):
        module.router.add_to(app.router, PREFIX, max_body_bytes)
    # The file and the overhead of a form.
    files.uploads.add_to(app.router, PREFIX, max_file_bytes + 64 * 1024)


def tags(serving: Organisations) -> list[dict[str, str | None]]:
    """For the OpenAPI document: the text of each is the docstring of the first module with it."""
    described: dict[str, str | None] = {}
    for module in (auth, *_resources(serving), incoming, health):
        for tag in module.router.tags:
            described.setdefault(tag, module.__doc__)
    return [{"name": tag, "description": text} for tag, text in described.items()]


def _open(serving: Organisations) -> Sequence[ModuleType]:
    return _OPEN if serving is Organisations.ONE else (*_OPEN, switching)


def _resources(serving: Organisations) -> Sequence[ModuleType]:
    if serving is Organisations.ONE:
        return _RESOURCES
    return (*_OF_MANY, *(each for each in _RESOURCES if each not in _OF_INSTALLATION))
