"""Whose units of work are opened for the system, and why; and what a job says of its scope."""

import ast
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from backend.core.scopes import FIRST, FIRST_ORGANISATION, SYSTEM, Scope, Within
from backend.models.platform.job_requests import JobRequest, Queue

BACKEND = Path(__file__).parents[2] / "backend"
NOBODY_KNOWN = "nobody is known yet: what was sent decides who it is"
WHO_IT_IS = "tells who somebody is, and so for whom to open the next one"
INSTALLATION = "jobs and workers belong to the installation"
ALL = "looks after the rows of all, however many organisations there are"
COMMAND = "for the command line, which acts for nobody"
MAILS = "the queue of mails belongs to the installation"
WEBHOOKS = "the queues of webhooks belong to the installation"
OWN_ORGANISATIONS = "looks after the organisations of somebody, in whichever of them they act"
PLACES = {
    "core/scoped_database.py": ("has the role that it is given", {"entering"}),
    "cli/seeding.py": (COMMAND, {"compare", "_others"}),
    "repositories/sql/unit_of_work.py": ("knows the scope that it has", {"_scope_of_jobs"}),
    "services/assistant/chat_messages.py": (ALL, {"end_abandoned"}),
    "services/background/executions.py": (ALL, {"_end_one_abandoned"}),
    "services/background/jobs.py": (
        INSTALLATION,
        {
            "read",
            "page",
            "retry",
            "_retry_some",
            "cancel",
            "queue_states",
            "keep_failure",
            "forgive_attempt",
            "take_over_stalled",
            "release",
        },
    ),
    "services/files/contents.py": (ALL, {"remove_orphans"}),
    "services/identity/account_closing.py": (OWN_ORGANISATIONS, {"close"}),
    "services/identity/api_keys.py": (COMMAND, {"revoke"}),
    "services/identity/auth.py": (NOBODY_KNOWN, {"_open_session", "refresh"}),
    "services/identity/email_changes.py": (NOBODY_KNOWN, {"confirm"}),
    "services/identity/email_verification.py": (NOBODY_KNOWN, {"verify"}),
    "services/identity/impersonations.py": (NOBODY_KNOWN, {"end_by_mail"}),
    "services/identity/invitations.py": (NOBODY_KNOWN, {"accept"}),
    "services/identity/members.py": (COMMAND, {"admit"}),
    "services/identity/organisations.py": (
        f"{OWN_ORGANISATIONS}; the others: {COMMAND}",
        {"page", "read", "_changing", "all", "add", "erase_due"},
    ),
    "services/identity/organisation_erasing.py": (ALL, {"erase", "_shut", "_erase_some"}),
    "services/identity/switching.py": (OWN_ORGANISATIONS, {"switch", "join"}),
    "services/identity/key_access.py": (WHO_IT_IS, {"_meet", "_touch"}),
    "services/identity/passkey_sign_in.py": (NOBODY_KNOWN, {"sign_in"}),
    "services/identity/password_check.py": (NOBODY_KNOWN, {"verify", "_fail", "_hash_again"}),
    "services/identity/password_resets.py": (NOBODY_KNOWN, {"request", "answer", "confirm"}),
    "services/identity/provider_callbacks.py": (
        NOBODY_KNOWN,
        {"receive", "_hand_over", "_fail"},
    ),
    "services/identity/provider_sign_in.py": (NOBODY_KNOWN, {"sign_in"}),
    "services/identity/rights.py": (WHO_IT_IS, {"_load"}),
    "services/identity/session_ends.py": (NOBODY_KNOWN, {"end_others"}),
    "services/identity/second_factors.py": (COMMAND, {"reset"}),
    "services/identity/second_step.py": (NOBODY_KNOWN, {"begin", "answer"}),
    "services/identity/token_values.py": (MAILS, {"reveal"}),
    "services/identity/users.py": (
        f"registration: {NOBODY_KNOWN}; the others: {COMMAND}",
        {"register", "_refuse", "find_by_email", "_changing", "_changing_rights"},
    ),
    "services/mail/delivery.py": (MAILS, {"send", "_claim", "_keep"}),
    "services/operations/erasure.py": (
        ALL,
        {
            "erase_due",
            "erase",
            "_shut",
            "_active",
            "_owner",
            "_tell_organisations",
            "_hand_over_some",
            "_erase_some",
            "_leave_nobody",
        },
    ),
    "services/operations/retention.py": (ALL, {"remove"}),
    "services/webhooks/announcing.py": (ALL, {"_end_demand"}),
    "services/webhooks/listening.py": (COMMAND, {"_since", "_message"}),
    "services/webhooks/claiming.py": (WEBHOOKS, {"take", "give_back"}),
    "services/webhooks/sending.py": (
        WEBHOOKS,
        {"wake_later", "_note_well", "_note_failing", "_defer"},
    ),
}
"""By file: the reason, and the functions."""


def uses_of_system() -> Iterator[tuple[str, str]]:
    for file in BACKEND.rglob("*.py"):
        yield from _uses(ast.parse(file.read_text()), file.relative_to(BACKEND).as_posix(), "")


def _uses(node: ast.AST, file: str, function: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and child.id == "SYSTEM" and function:
            yield file, function
        within = (
            child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        )
        yield from _uses(child, file, within)


def test_only_the_listed_places_work_for_the_system() -> None:
    places = {file: names for file, (_, names) in PLACES.items() if (BACKEND / file).exists()}
    listed = {(file, name) for file, names in places.items() for name in names}

    assert set(uses_of_system()) == listed


@pytest.mark.parametrize("scope", [FIRST, SYSTEM], ids=["the first", "the system"])
def test_a_job_says_nothing_where_there_is_one_organisation(scope: Scope) -> None:
    request = JobRequest("greet", Queue.EVENTS, {"name": "Ada"})

    assert request.within(scope).args == {"name": "Ada"}
    assert Within.of_job(None).organisation_id == FIRST_ORGANISATION


def test_a_job_keeps_its_organisation() -> None:
    scope = Within(uuid4())

    job = JobRequest("greet", Queue.EVENTS, {"name": "Ada"}).within(scope)

    assert job.args["name"] == "Ada"
    assert Within.of_job(job.args["organisation_id"]) == scope
