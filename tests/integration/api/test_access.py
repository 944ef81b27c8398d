"""Every route by every role, held against the one table in core/permissions.py."""

from collections.abc import Mapping, Set
from functools import cache
from typing import TypeVar
from uuid import uuid4

import httpx2
import pytest
from fastapi.routing import APIRoute

from backend.api.openapi import access_of
from backend.core.permissions import OPEN_TO_KEYS, ROLE_PERMISSIONS, Role
from backend.models.search.search import SearchKind
from tests.fixtures.people import Person, SignedIn, with_key
from tests.fixtures.walking import walk
from tests.integration.api.document import routes
from tests.world import EXAMPLES

Caller = TypeVar("Caller")

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
    "POST /api/v1/auth/verify-email/resend": "in person",
    "POST /api/v1/auth/password-reset": "public",
    "POST /api/v1/auth/password-reset/confirm": "public",
    "POST /api/v1/auth/accept-invitation": "public",
    "POST /api/v1/auth/end-sessions": "public",
    "POST /api/v1/auth/end-impersonation": "public",
    "GET /api/v1/impersonations": "users:read",
    "DELETE /api/v1/impersonations/{impersonation_id}": "users:write",
    "POST /api/v1/auth/logout": "in person",
    "POST /api/v1/auth/logout-all": "in person",
    "POST /api/v1/auth/password": "in person",
    "GET /api/v1/auth/sessions": "in person",
    "DELETE /api/v1/auth/sessions/{session_id}": "in person",
    "POST /api/v1/auth/email": "in person",
    "POST /api/v1/auth/email/confirm": "public",
    "GET /api/v1/auth/second-factor": "in person",
    "POST /api/v1/auth/second-factor": "in person",
    "POST /api/v1/auth/second-factor/confirm": "in person",
    "POST /api/v1/auth/second-factor/recovery-codes": "in person",
    "POST /api/v1/auth/second-factor/remove": "in person",
    "POST /api/v1/auth/second-factor/begin": "public",
    "POST /api/v1/auth/second-factor/answer": "public",
    "POST /api/v1/auth/passkeys/options": "public",
    "POST /api/v1/auth/passkeys/sign-in": "public",
    "GET /api/v1/auth/passkeys": "in person",
    "POST /api/v1/auth/passkeys/begin": "in person",
    "POST /api/v1/auth/passkeys": "in person",
    "PUT /api/v1/auth/passkeys/{passkey_id}/name": "in person",
    "POST /api/v1/auth/passkeys/{passkey_id}/remove": "in person",
    "GET /api/v1/auth/oidc": "public",
    "POST /api/v1/auth/oidc/token": "public",
    "POST /api/v1/auth/oidc/{provider}/start": "public",
    "GET /api/v1/auth/oidc/{provider}/callback": "public",
    "POST /api/v1/auth/oidc/{provider}/callback": "public",
    "GET /api/v1/auth/identities": "in person",
    "POST /api/v1/auth/identities": "in person",
    "DELETE /api/v1/auth/identities/{identity_id}": "in person",
    "GET /api/v1/api-keys": "in person",
    "POST /api/v1/api-keys": "in person",
    "DELETE /api/v1/api-keys/{key_id}": "in person",
    "GET /api/v1/users/me": "signed in",
    "PATCH /api/v1/users/me": "in person",
    "POST /api/v1/users/me/export": "in person",
    "DELETE /api/v1/users/me": "in person",
    "POST /api/v1/users/me/keep": "in person",
    "PUT /api/v1/users/{user_id}/role": "users:write",
    "POST /api/v1/users/{user_id}/deactivate": "users:write",
    "POST /api/v1/users/{user_id}/activate": "users:write",
    "POST /api/v1/users/{user_id}/impersonate": "users:write",
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
    "PUT /api/v1/notifications/preferences": "in person",
    "GET /api/v1/notifications/stream": "signed in",
    "GET /api/v1/stream": "signed in",
    "POST /api/v1/notifications/read-all": "signed in",
    "POST /api/v1/notifications/{notification_id}/read": "signed in",
    "POST /api/v1/incoming/{source}": "public",
    "GET /api/v1/webhooks/{webhook_id}/secret": "webhooks:write",
    "POST /api/v1/webhooks/{webhook_id}/rotate-secret": "webhooks:write",
    "POST /api/v1/webhooks/{webhook_id}/test": "webhooks:write",
    "GET /api/v1/webhooks/{webhook_id}/deliveries": "webhooks:read",
    "GET /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}": "webhooks:read",
    "POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver": "webhooks:write",
    "GET /api/v1/jobs": "jobs:read",
    "GET /api/v1/jobs/{job_id}": "jobs:read",
    "POST /api/v1/jobs/{job_id}/retry": "jobs:write",
    "POST /api/v1/jobs/{job_id}/cancel": "jobs:write",
}

_ANY = OPEN_TO_KEYS
"""Of work that a key has started: its kind says what is needed."""
# What narrowed keys need where being signed in suffices for people. Elsewhere they do not get in.
OWN: dict[str, str | Set[str] | None] = {
    "GET /api/v1/executions": _ANY,
    "POST /api/v1/executions": _ANY,
    "POST /api/v1/executions/generate-name": _ANY,
    "GET /api/v1/executions/{execution_id}": _ANY,
    "DELETE /api/v1/executions/{execution_id}": _ANY,
    "POST /api/v1/executions/{execution_id}/cancel": _ANY,
    "POST /api/v1/executions/{execution_id}/retry": _ANY,
    "GET /api/v1/executions/{execution_id}/steps": _ANY,
    "GET /api/v1/executions/{execution_id}/events": _ANY,
    "GET /api/v1/search": {f"{kind}:read" for kind in SearchKind},
    "GET /api/v1/files": "files:read",
    "GET /api/v1/files/{file_id}": "files:read",
    "GET /api/v1/files/{file_id}/content": "files:read",
    "POST /api/v1/files": "files:write",
    "PATCH /api/v1/files/{file_id}": "files:write",
    "DELETE /api/v1/files/{file_id}": "files:write",
    "DELETE /api/v1/files/{file_id}/subject": "files:write",
    "GET /api/v1/chats": "assistant:use",
    "POST /api/v1/chats": "assistant:use",
    "GET /api/v1/chats/{chat_id}": "assistant:use",
    "PATCH /api/v1/chats/{chat_id}": "assistant:use",
    "DELETE /api/v1/chats/{chat_id}": "assistant:use",
    "GET /api/v1/chats/{chat_id}/messages": "assistant:use",
    "GET /api/v1/chats/{chat_id}/messages/{message_id}": "assistant:use",
    "PUT /api/v1/chats/{chat_id}/messages/{message_id}/feedback": "assistant:use",
    "GET /api/v1/agent/actions/{action_id}": "assistant:use",
    "GET /api/v1/agent/usage": "assistant:use",
    # And the permission to write customers: no single one suffices.
    "POST /api/v1/leads/{lead_id}/convert": None,
}


ENDLESS = {"/api/v1/notifications/stream", "/api/v1/stream"}
"""Streams that end with the session only; their tests stand in tests/integration/notifications."""
SIGNED_IN = {"signed in", "in person"}


@cache
def accesses() -> list[tuple[str, str, str | None]]:
    """The method and the path of each route, and what it needs."""
    found = (
        (method, str(context.path), access_of(context.dependant))
        for context in routes()
        if isinstance(context.route, APIRoute) and context.path not in PAGES
        for method in context.methods or ()
    )
    return sorted(found, key=str)


def guarded() -> list[tuple[str, str, str | None]]:
    return [each for each in accesses() if each[2] != "public"]


def test_every_route_declares_what_it_should() -> None:
    assert {f"{method} {path}": access for method, path, access in accesses()} == ACCESS


@walk("route", lambda: {f"{method} {path}": (method, path) for method, path, _ in guarded()})
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
    for method, path, access in guarded():
        if path in ENDLESS:
            continue
        with subtests.test(method=method, path=path):
            # They end the sessions of those who call.
            callers = await one_of_each_role(signed_in) if "/logout" in path else people
            answers = {role: await call(callers[role], method, path) for role in Role}

            signed_in_suffices = access in SIGNED_IN
            assert let_in(answers) == {
                role for role in Role if signed_in_suffices or access in ROLE_PERMISSIONS[role]
            }


async def test_a_key_gets_in_where_its_owner_does_but_for_what_takes_a_person(
    signed_in: SignedIn, subtests: pytest.Subtests
) -> None:
    """By keys that are not narrowed, one of each role."""
    people = await one_of_each_role(signed_in)
    programs = {role: await with_key(person) for role, person in people.items()}
    for method, path, access in guarded():
        if path in ENDLESS:
            continue
        with subtests.test(method=method, path=path):
            answers = {role: await call(programs[role], method, path) for role in Role}

            let_in = {
                role for role, answer in answers.items() if answer.status_code not in {401, 403}
            }
            assert let_in == {role for role in Role if may_by_key(role, access)}


async def test_a_narrowed_key_gets_in_with_its_permission_alone(
    signed_in: SignedIn, subtests: pytest.Subtests
) -> None:
    """By keys of an admin, narrowed to each permission that keys have."""
    admin = await signed_in(Role.ADMIN)
    narrowed = {each: await with_key(admin, permissions=[each]) for each in sorted(OPEN_TO_KEYS)}
    for method, path, access in guarded():
        if path in ENDLESS:
            continue
        with subtests.test(method=method, path=path):
            needed = OWN.get(f"{method} {path}", access)
            answers = {
                each: await call(program, method, path) for each, program in narrowed.items()
            }

            let_in = {
                each for each, answer in answers.items() if answer.status_code not in {401, 403}
            }
            one_of = needed if isinstance(needed, Set) else {needed}
            assert let_in == {each for each in OPEN_TO_KEYS if each in one_of}


async def test_the_stream_of_notifications_is_closed_to_narrowed_keys(admin: Person) -> None:
    program = await with_key(admin, permissions=["tasks:read"])

    assert {(await program.get(path.removeprefix("/api/v1"))).status_code for path in ENDLESS} == {
        403
    }


def let_in(answers: Mapping[Caller, httpx2.Response]) -> set[Caller]:
    """Those who got past the permission.

    What comes after it differs (404 for a made-up id, 422 without a body).
    """
    assert max(answer.status_code for answer in answers.values()) < 500
    return {who for who, answer in answers.items() if answer.status_code not in {401, 403}}


def may_by_key(role: Role, access: str | None) -> bool:
    by_key = ROLE_PERMISSIONS[role] & OPEN_TO_KEYS
    return access == "signed in" or access in by_key


async def one_of_each_role(signed_in: SignedIn) -> dict[Role, Person]:
    return {role: await signed_in(role) for role in Role}


async def call(person: Person, method: str, path: str) -> httpx2.Response:
    body = {"assignee_id": None} if path.endswith("/assign") else None
    return await person.request(method, filled(path).removeprefix("/api/v1"), json=body)


def filled(path: str) -> str:
    """The path with made-up ids in it."""
    parts = [str(uuid4()) if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)
