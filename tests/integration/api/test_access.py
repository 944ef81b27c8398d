"""Every route by every role, held against the one table in core/permissions.py."""

from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from backend.api.openapi import access_of
from backend.core.permissions import ROLE_PERMISSIONS, Role
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.walking import walk
from tests.integration.api.document import APP
from tests.world import EXAMPLES

# Pages for people and machines beside the API, which anybody may read.
PAGES = {"/", "/docs", "/redoc", "/problems/{slug}", "/metrics"}
# What each route demands, written down a second time: a change has to be meant. Those that
# resources have in common are in world.py.
ACCESS = {route: access for each in EXAMPLES for route, access in each.access().items()} | {
    "GET /health/live": "public",
    "GET /health/ready": "public",
    "POST /api/v1/auth/register": "public",
    "POST /api/v1/auth/token": "public",
    "POST /api/v1/auth/refresh": "public",
    "POST /api/v1/auth/verify-email": "public",
    "POST /api/v1/auth/verify-email/resend": "signed in",
    "POST /api/v1/auth/password-reset": "public",
    "POST /api/v1/auth/password-reset/confirm": "public",
    "POST /api/v1/auth/accept-invitation": "public",
    "POST /api/v1/auth/logout": "signed in",
    "POST /api/v1/auth/logout-all": "signed in",
    "POST /api/v1/auth/password": "signed in",
    "GET /api/v1/auth/sessions": "signed in",
    "DELETE /api/v1/auth/sessions/{session_id}": "signed in",
    "GET /api/v1/users/me": "signed in",
    "PATCH /api/v1/users/me": "signed in",
    "PUT /api/v1/users/{user_id}/role": "users:write",
    "POST /api/v1/users/{user_id}/deactivate": "users:write",
    "POST /api/v1/users/{user_id}/activate": "users:write",
    "POST /api/v1/invitations/{invitation_id}/resend": "users:write",
    "GET /api/v1/customers/{customer_id}/timeline": "customers:read",
    "POST /api/v1/leads/{lead_id}/convert": "leads:write",
    "POST /api/v1/tasks/{task_id}/complete": "tasks:write",
    "POST /api/v1/tasks/{task_id}/reopen": "tasks:write",
    "POST /api/v1/tasks/{task_id}/assign": "tasks:assign",
    "POST /api/v1/tasks/bulk": "tasks:write",
    "POST /api/v1/tasks/{task_id}/checklist": "tasks:write",
    "PATCH /api/v1/tasks/{task_id}/checklist/{item_id}": "tasks:write",
    "DELETE /api/v1/tasks/{task_id}/checklist/{item_id}": "tasks:write",
    "POST /api/v1/modules/reorder": "signed in",
    "POST /api/v1/files": "signed in",
    "GET /api/v1/files/{file_id}/content": "signed in",
    "DELETE /api/v1/files/{file_id}/subject": "signed in",
    "POST /api/v1/executions/generate-name": "signed in",
    "POST /api/v1/executions/{execution_id}/cancel": "signed in",
    "POST /api/v1/executions/{execution_id}/retry": "signed in",
    "GET /api/v1/executions/{execution_id}/steps": "signed in",
    "GET /api/v1/executions/{execution_id}/events": "signed in",
    "POST /api/v1/workflows/{workflow_id}/activate": "workflows:write",
    "GET /api/v1/workflows/{workflow_id}/versions": "workflows:read",
    "POST /api/v1/workflows/{workflow_id}/versions": "workflows:write",
    "GET /api/v1/workflows/{workflow_id}/versions/{number}": "workflows:read",
    "GET /api/v1/chats/{chat_id}/messages": "signed in",
    "POST /api/v1/chats/{chat_id}/messages": "assistant:use",
    "GET /api/v1/chats/{chat_id}/messages/{message_id}": "signed in",
    "POST /api/v1/chats/{chat_id}/messages/{message_id}/regenerate": "assistant:use",
    "PUT /api/v1/chats/{chat_id}/messages/{message_id}/feedback": "signed in",
    "POST /api/v1/agent/act": "assistant:use",
    "GET /api/v1/agent/actions/{action_id}": "signed in",
    "GET /api/v1/agent/usage": "signed in",
    "GET /api/v1/prompts/{prompt_id}/versions": "assistant:use",
    "POST /api/v1/prompts/{prompt_id}/versions": "assistant:manage",
    "GET /api/v1/prompts/{prompt_id}/versions/{number}": "assistant:use",
    "POST /api/v1/prompts/{prompt_id}/activate": "assistant:manage",
    "POST /api/v1/prompts/{prompt_id}/render": "assistant:use",
    "GET /api/v1/search": "signed in",
    "GET /api/v1/audit": "audit:read",
    "GET /api/v1/notifications": "signed in",
    "GET /api/v1/notifications/preferences": "signed in",
    "PUT /api/v1/notifications/preferences": "signed in",
    "GET /api/v1/notifications/stream": "signed in",
    "POST /api/v1/notifications/read-all": "signed in",
    "POST /api/v1/notifications/{notification_id}/read": "signed in",
    "GET /api/v1/jobs": "jobs:read",
    "GET /api/v1/jobs/{job_id}": "jobs:read",
    "POST /api/v1/jobs/{job_id}/retry": "jobs:write",
    "POST /api/v1/jobs/{job_id}/cancel": "jobs:write",
}


def routes() -> Iterator[tuple[str, str, str | None]]:
    for context in iter_route_contexts(APP.routes):
        if isinstance(context.route, APIRoute) and context.path not in PAGES:
            for method in context.methods or ():
                yield method, str(context.path), access_of(context.dependant)


ROUTES = sorted(routes(), key=str)
ENDLESS = {"/api/v1/notifications/stream"}
"""Streams that end with the session only; their tests stand in test_notification_stream.py."""
GUARDED = [(method, path, access) for method, path, access in ROUTES if access != "public"]


def test_every_route_declares_what_it_should() -> None:
    assert {f"{method} {path}": access for method, path, access in ROUTES} == ACCESS


@walk("route", {f"{method} {path}": (method, path) for method, path, _ in GUARDED})
async def test_nobody_gets_in_without_signing_in(
    client: httpx2.AsyncClient, route: tuple[str, str]
) -> None:
    method, path = route

    answer = await client.request(method, filled(path))

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_the_roles_get_in_exactly_where_the_table_says(
    signed_in: SignedIn, subtests: pytest.Subtests
) -> None:
    people = await one_of_each_role(signed_in)
    for method, path, access in GUARDED:
        if path in ENDLESS:
            continue
        with subtests.test(method=method, path=path):
            # They end the sessions of those who call.
            callers = await one_of_each_role(signed_in) if "/logout" in path else people
            statuses = {
                role: (await call(callers[role], method, path)).status_code for role in Role
            }

            # What comes after the permission differs (404 for a made-up id, 422 without a body).
            assert max(statuses.values()) < 500
            let_in = {role for role, status in statuses.items() if status not in {401, 403}}
            signed_in_suffices = access == "signed in"
            assert let_in == {
                role for role in Role if signed_in_suffices or access in ROLE_PERMISSIONS[role]
            }


async def one_of_each_role(signed_in: SignedIn) -> dict[Role, Person]:
    return {role: await signed_in(role) for role in Role}


async def call(person: Person, method: str, path: str) -> httpx2.Response:
    body = {"assignee_id": None} if path.endswith("/assign") else None
    return await person.request(method, filled(path).removeprefix("/api/v1"), json=body)


def filled(path: str) -> str:
    """The path with made-up ids in it."""
    parts = [str(uuid4()) if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)
