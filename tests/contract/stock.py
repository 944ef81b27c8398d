"""Rows that are there before each operation is tried, so that examples can refer to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

from schemathesis import Case, CheckContext, Response
from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel

from backend.core.config import ProviderName, SecuritySettings, Settings
from backend.core.one_time_codes import new_recovery_code, new_secret, recovery_hash
from backend.core.permissions import Role
from backend.core.sealing import Sealer
from backend.core.security import AccessClaims, AccessTokens, token_hash
from backend.core.webhook_signatures import new_webhook_secret
from backend.models.assistant.chat_messages import MessageRole
from backend.models.identity.account_tokens import AccountToken, TokenPurpose
from backend.models.identity.provider_sign_ins import ProviderSignIn
from backend.models.identity.second_factors import RecoveryCode, SecondFactor
from backend.models.identity.sessions import RefreshToken, UserSession
from backend.models.identity.users import User
from backend.models.platform.mixins import now
from backend.models.tasks.checklists import ChecklistItem
from backend.models.tasks.tasks import TaskStatus
from backend.models.webhooks.webhooks import Webhook
from backend.services.identity.account_tokens import AccountTokens
from backend.services.identity.provider_codes import code_challenge
from backend.services.identity.providers import Attempt
from backend.services.identity.sign_in_states import SignInStates
from tests.contract.passkeys import StockedDevice
from tests.factories import (
    PASSWORD,
    known_id,
    make_action,
    make_api_key,
    make_identity,
    make_message,
    make_notification,
    make_prompt_version,
    make_task,
    make_user,
    make_webhook_delivery,
    make_webhook_message,
    make_workflow_version,
)
from tests.fixtures.issuer import Grant, Issuer
from tests.fixtures.tables import EMPTY
from tests.world import EXAMPLES

_CONTENT = b"abc"
_ITEM = ChecklistItem(text="Ask for the address")
_REFRESH_TOKEN = "a refresh token that was given out"
_HEADERS = {
    "If-Match": ['"1"', '"7"', "*"],
    "If-None-Match": ['"1"', '"7"'],
    "Range": ["bytes=1-", "bytes=9-"],
}

_LINKS = {
    "/api/v1/auth/verify-email": TokenPurpose.VERIFY_EMAIL,
    "/api/v1/auth/password-reset/confirm": TokenPurpose.RESET_PASSWORD,
    "/api/v1/auth/accept-invitation": TokenPurpose.ACCEPT_INVITATION,
    "/api/v1/auth/email/confirm": TokenPurpose.CHANGE_EMAIL,
    "/api/v1/auth/end-sessions": TokenPurpose.END_SESSIONS,
    "/api/v1/auth/end-impersonation": TokenPurpose.END_IMPERSONATION,
    "/api/v1/auth/second-factor/begin": TokenPurpose.SIGN_IN,
    "/api/v1/auth/second-factor/answer": TokenPurpose.SIGN_IN,
}
_WITH_FACTOR = {
    "/api/v1/auth/second-factor/answer",
    "/api/v1/auth/second-factor/recovery-codes",
    "/api/v1/auth/second-factor/remove",
}
"""What is asked of somebody who has a second factor."""
_SET_UP = "/api/v1/auth/second-factor/begin"
"""Who has a passkey sets up no app there."""
_SIGNED = {"/api/v1/incoming/{source}"}
"""What is sent there carries a signature of its bytes: examples are refused for theirs."""
_RECOVERY_CODE = new_recovery_code()
_IDENTITIES = "/api/v1/auth/identities"
_PASSKEYS = "/api/v1/auth/passkeys"
_KEEP = "/api/v1/users/me/keep"
_PROVIDER = ProviderName.GITHUB
_VERIFIER = "v" * 43
_CODE, _HANDED_OVER = "a code of the issuer", "a code that was handed over"
_CODES = {
    # All of it has to fit: most of the examples name this one.
    "/api/v1/auth/oidc/{provider}/callback": [_CODE] * 4,
    "/api/v1/auth/oidc/token": [_HANDED_OVER],
    _IDENTITIES: [_HANDED_OVER],
}
"""What is a code where it is not that of a second factor."""
API_URL = "https://api.example.com"


_JOBS = text("""
    INSERT INTO procrastinate_jobs (queue_name, task_name)
    VALUES ('events', 'work'), ('events', 'work') RETURNING id
""")
_FAILURE = text("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = :job_id")


@dataclass
class Stock:
    """What a caller finds, and words for it: the values of fields that mean something.

    Attributes:
        links: by path, the token that a mail carries there.
        device: with a passkey of the caller.
    """

    engine: Engine
    files: Path
    settings: Settings
    role: Role
    issuer: Issuer
    token: str = ""
    words: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    device: StockedDevice = field(init=False)
    successes: int = 0

    def renew(self, path: str = "") -> None:
        """Empty the tables and fill them again; the token is that of a new caller.

        `path` is what they will call.
        """
        caller = make_user(role=self.role)
        if path in _WITH_FACTOR:
            caller.second_factor_at = now()
        if path == _IDENTITIES:
            caller.email_verified_at = now()
        if path == _KEEP:
            caller.erase_at = now() + timedelta(days=1)
        # Another admin, so that the caller is not the last.
        users = [make_user(id=known_id("users")), make_user(), make_user(role=Role.ADMIN)]
        current, *others = (_session_of(caller) for _ in range(4))
        rows = _rows_of(caller, self.settings.security)
        self.device = StockedDevice(self.settings, caller, current.id)
        acting = _session_of(caller)
        acting.impersonator_id, acting.reason = users[-1].id, "The import fails"
        rows["impersonation_id"] = [acting]
        rows["passkey_id"] = [] if path == _SET_UP else self.device.rows()
        # No relationships tell the session the order.
        batches: list[Sequence[Any]] = [[caller, *users], [current, *others], *rows.values()]
        with Session(self.engine, expire_on_commit=False) as session:
            session.connection().execute(text(EMPTY))
            for batch in batches:
                session.add_all(batch)
                session.flush()
            session.add_all(_factor_of(caller, self.settings.security))
            session.add(_arrival())
            session.add(RefreshToken(session_id=current.id, token_hash=token_hash(_REFRESH_TOKEN)))
            jobs = [str(job_id) for (job_id,) in session.connection().execute(_JOBS)]
            session.connection().execute(_FAILURE, {"job_id": int(jobs[0])})
            session.commit()
            tokens = AccountTokens(self.settings.security)
            links = {path: _link(tokens, what, caller, rows) for path, what in _LINKS.items()}
            session.add_all(links.values())
            session.commit()
            self.links = {path: [tokens.reveal(token)] for path, token in links.items()}
        for file in rows["file_id"]:
            (self.files / str(file.id)).write_bytes(_CONTENT)
        known = rows | {"user_id": users, "session_id": others}
        attempt = self._begin_sign_in()
        self.words = _words(caller, known) | {"job_id": jobs, "state": [attempt.state] * 4}
        claims = AccessClaims(caller.id, current.id)
        self.token = AccessTokens(self.settings.security).sign(claims)

    def _begin_sign_in(self) -> Attempt:
        """Have the issuer give a code, and be asked with it."""
        states = SignInStates(self.settings.security)
        callback = f"{API_URL}/api/v1/auth/oidc/{_PROVIDER}/callback"
        attempt = states.new(_PROVIDER, callback, code_challenge(_VERIFIER))
        asked = {
            "redirect_uri": callback,
            "code_challenge": code_challenge(attempt.code_verifier),
        }
        self.issuer.grants[_CODE] = Grant(asked, self.issuer.person)
        return attempt

    def put_into(self, case: Case[Any]) -> None:
        """Have most of what the case names be there; else all answers would be 404."""
        self.words["token"] = self.words["challenge"] = self.links.get(case.path, [])
        self.words["code"] = _CODES.get(case.path, [_RECOVERY_CODE])
        for part in ("path_parameters", "query", "headers", "body"):
            value = getattr(case, part)
            if isinstance(value, Mapping):
                setattr(case, part, self._known(value))
        if isinstance(case.body, dict) and case.body.get("passkey"):
            is_new = case.path == _PASSKEYS
            case.body["passkey"] = self.device.made() if is_new else self.device.used()

    def count(self, _context: CheckContext, answer: Response, case: Case[Any]) -> None:
        """A check that never fails."""
        self.successes += answer.status_code < 400 or case.path in _SIGNED

    def _known(self, value: Any, name: str = "") -> Any:
        if isinstance(value, Mapping):
            known = {key: self._known(each, key) for key, each in value.items()}
            return type(value)(known)  # type: ignore[call-arg]  # that of headers forgets their case
        if name == "module_ids" and value:
            return self.words["module_id"]
        if isinstance(value, list):
            return [self._known(each, name) for each in value]
        if isinstance(value, str | int) and name in self.words:
            return pick([*self.words[name], str(value)], value)
        return value


def pick(choices: Sequence[str], by: object) -> str:
    """It follows from the value alone, so that a run can be repeated."""
    return choices[crc32(repr(by).encode()) % len(choices)]


def _session_of(user: User) -> UserSession:
    tomorrow = now() + timedelta(days=1)
    return UserSession(user_id=user.id, device=None, address=None, expires_at=tomorrow)


def _factor_of(user: User, settings: SecuritySettings) -> list[SQLModel]:
    """In use if the user says so; else it was begun."""
    sealed = Sealer(settings, "second factor").seal(new_secret(), user.id)
    code_hash = recovery_hash(_RECOVERY_CODE)
    return [
        SecondFactor(user_id=user.id, sealed_secret=sealed),
        RecoveryCode(user_id=user.id, code_hash=code_hash),
    ]


def _arrival() -> ProviderSignIn:
    """Somebody new whom the provider has sent back."""
    return ProviderSignIn(
        provider=_PROVIDER,
        subject="somebody",
        email="somebody@example.com",
        is_email_verified=True,
        full_name=None,
        code_hash=token_hash(_HANDED_OVER),
        code_challenge=code_challenge(_VERIFIER),
    )


def _link(
    tokens: AccountTokens, purpose: TokenPurpose, caller: User, rows: dict[str, Sequence[Any]]
) -> AccountToken:
    """A token as a mail to the caller, or to somebody invited, carries it."""
    if purpose is not TokenPurpose.ACCEPT_INVITATION:
        is_of_session = purpose is TokenPurpose.END_IMPERSONATION
        token_id = rows["impersonation_id"][0].id if is_of_session else None
        token = tokens.new(purpose, caller.email, token_id)
        token.user_id = caller.id
        return token
    invitation = rows["invitation_id"][0]
    token = tokens.new(purpose, invitation.email)
    token.invitation_id = invitation.id
    return token


def _rows_of(caller: User, settings: SecuritySettings) -> dict[str, Sequence[Any]]:
    resources: dict[str, Sequence[Any]] = {
        each.id_name: each.several(3, caller) for each in EXAMPLES if each.id_name != "user_id"
    }
    chat = resources["chat_id"][0]
    prompts, workflows = resources["prompt_id"], resources["workflow_id"]
    for file in resources["file_id"]:
        file.size = len(_CONTENT)
    resources["task_id"] = [make_task(status=status, checklist=[_ITEM]) for status in TaskStatus]
    resources["chat_id"] = [chat]
    resources["webhook_id"] = resources["webhook_id"][:1]
    return (
        resources
        | {
            # Apart: there is nothing that can be done with what somebody has said.
            "said_id": [make_message(chat_id=chat.id, role=MessageRole.USER, position=1)],
            "message_id": [make_message(chat_id=chat.id, position=2)],
            "action_id": [make_action(owner_id=caller.id) for _ in range(3)],
            "prompt_version_id": [make_prompt_version(prompt_id=each.id) for each in prompts],
            "workflow_version_id": [
                make_workflow_version(each, created_by=caller.id) for each in workflows
            ],
            "identity_id": [make_identity(user_id=caller.id) for _ in range(3)],
            "key_id": [make_api_key(user_id=caller.id) for _ in range(3)],
            "notification_id": [make_notification(user_id=caller.id) for _ in range(3)],
        }
        | _deliveries_of(resources["webhook_id"], settings)
    )


def _deliveries_of(
    webhooks: Sequence[Webhook], settings: SecuritySettings
) -> dict[str, Sequence[Any]]:
    """To the first; all get a secret that can be read."""
    for webhook in webhooks:
        sealer = Sealer(settings, "webhook")
        webhook.sealed_secret = sealer.seal(new_webhook_secret(), webhook.id)
    messages = [make_webhook_message() for _ in range(3)]
    told = webhooks[0].id
    return {
        "webhook_message_id": messages,
        "delivery_id": [
            make_webhook_delivery(webhook_id=told, message_id=each.id) for each in messages
        ],
    }


def _words(caller: User, rows: dict[str, Sequence[Any]]) -> dict[str, list[str]]:
    ids = {name: [str(row.id) for row in found] for name, found in rows.items()}
    return (
        _HEADERS
        | ids
        | {
            "owner_id": ids["user_id"],
            "assignee_id": ids["user_id"],
            "product_ids": ids["product_id"],
            "person_id": ids["user_id"],
            "item_id": [str(_ITEM.id)],
            "username": [caller.email],
            "password": [PASSWORD],
            "current_password": [PASSWORD],
            "refresh_token": [_REFRESH_TOKEN],
            "code_verifier": [_VERIFIER],
            "provider": [_PROVIDER] * 4,
        }
    )
