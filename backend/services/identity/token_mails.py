from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from backend.core.devices import device_name
from backend.models.identity.account_tokens import AccountToken, TokenPurpose
from backend.models.identity.invitations import Invitation
from backend.models.identity.linked_identities import LinkedIdentity
from backend.models.identity.sessions import UserSession
from backend.models.identity.users import User
from backend.models.mail.mails import Mail, MailKind
from backend.repositories.identity.unit import IdentityUnit
from backend.services.identity.account_tokens import AccountTokens
from backend.services.mail.delivery import queue_mail

_CHANGED = "Your account has another e-mail address"
_CHANGED_LINES = [
    "From now on you sign in with another address, and mails go there.",
    "If it was not you who changed it, tell an admin at once.",
]


_LINKED = "There is another way to sign in to your account"
_LOST_PASSWORD = (
    "As this was the first time, your password, all passkeys, sessions and API keys have ended: if "
    "somebody else had opened the account, they are out. Whenever you want a password again, ask "
    "for a new one."
)

_WARNING = "If it was not you, tell an admin at once."
_CLOSING_LINES = [
    "Until then you can sign in and keep it.",
    "If it was not you who asked, do so at once, and set a new password.",
]


class Notice(NamedTuple):
    """A mail without a token.

    Attributes:
        key: by which it is sent once.
    """

    title: str
    lines: list[str]
    key: str


class AccountMails:
    """Queues mails with tokens, together with the token, in the unit of the caller.

    Mails about an account do not contain its name: a stranger may have created it, with somebody
    else's address and a URL as name.
    """

    def __init__(self, tokens: AccountTokens) -> None:
        self._tokens = tokens

    async def verify_email(self, uow: IdentityUnit, user: User) -> None:
        token = self._tokens.new(TokenPurpose.VERIFY_EMAIL, user.email)
        token.user_id = user.id
        await self._queue(uow, token, MailKind.VERIFY_EMAIL)

    async def reset_password(self, uow: IdentityUnit, user: User) -> None:
        token = self._tokens.new(TokenPurpose.RESET_PASSWORD, user.email)
        token.user_id = user.id
        await self._queue(uow, token, MailKind.RESET_PASSWORD)

    async def change_email(self, uow: IdentityUnit, user: User, email: str) -> None:
        """To the new address. Earlier links become invalid."""
        await uow.account_tokens.take_back_of_user(TokenPurpose.CHANGE_EMAIL, user.id)
        token = self._tokens.new(TokenPurpose.CHANGE_EMAIL, email)
        token.user_id = user.id
        await self._queue(uow, token, MailKind.CHANGE_EMAIL)

    async def email_changed(
        self, uow: IdentityUnit, user: User, old: str, token: AccountToken
    ) -> None:
        """To the old address."""
        notice = Notice(_CHANGED, _CHANGED_LINES, f"address before {token.id}")
        await self._notify(uow, user, notice, recipient=old)

    async def identity_linked(
        self,
        uow: IdentityUnit,
        user: User,
        identity: LinkedIdentity,
        provider: str,
        *,
        lost_password: bool,
    ) -> None:
        """`provider` is its name for people."""
        known_as = f" as {identity.email}" if identity.email else ""
        lines = [f"From now on you can sign in with {provider}{known_as}."]
        if lost_password:
            lines.append(_LOST_PASSWORD)
        lines.append(_WARNING)
        await self._notify(uow, user, Notice(_LINKED, lines, f"identity {identity.id}"))

    async def account_closing(self, uow: IdentityUnit, user: User, erase_at: datetime) -> None:
        """Tell somebody that their account will be erased, and how to keep it."""
        when = f"{erase_at:%d %B %Y, %H:%M} UTC"
        lines = [
            f"As you have asked for, it is erased on {when}, with all that is personal of you.",
            *_CLOSING_LINES,
        ]
        key = f"erasure {user.id} {erase_at.isoformat()}"
        await self._notify(uow, user, Notice("Your account will be erased", lines, key))

    async def impersonated(
        self, uow: IdentityUnit, user: User, session: UserSession, admin: User
    ) -> None:
        """Tell somebody that an admin is signed in as them, and why, with a way to end it."""
        token = self._tokens.new(TokenPurpose.END_IMPERSONATION, user.email, session.id)
        token.user_id, token.expires_at = user.id, session.expires_at
        values = {
            "admin": admin.full_name,
            "reason": session.reason or "",
            "until": f"{session.expires_at:%d %B %Y, %H:%M} UTC",
        }
        await self._queue(uow, token, MailKind.IMPERSONATED, **values)

    async def new_device(
        self, uow: IdentityUnit, user: User, session: UserSession, event_id: UUID
    ) -> None:
        """Tell somebody who has signed in as them, once for each event, with a way to end it."""
        token = self._tokens.new(TokenPurpose.END_SESSIONS, user.email, event_id)
        token.user_id = user.id
        if not await uow.account_tokens.add_missing([token]):
            return
        values = {
            "device": device_name(session.device),
            "address": session.address or "an unknown address",
            "at": f"{session.created_at:%d %B %Y, %H:%M} UTC",
        }
        await self._queue_with(uow, token, MailKind.NEW_DEVICE, **values)

    async def invite(self, uow: IdentityUnit, invitation: Invitation, inviter: User) -> None:
        """Earlier links of the same invitation become invalid."""
        await uow.account_tokens.take_back_of_invitation(invitation.id)
        token = self._tokens.new(TokenPurpose.ACCEPT_INVITATION, invitation.email)
        token.invitation_id = invitation.id
        token.expires_at = invitation.expires_at
        await self._queue(uow, token, MailKind.ACCEPT_INVITATION, inviter=inviter.full_name)

    async def _notify(
        self, uow: IdentityUnit, user: User, notice: Notice, *, recipient: str | None = None
    ) -> None:
        """`recipient`: None for the address of the user."""
        mail = Mail(
            kind=MailKind.NOTIFICATION,
            recipient=recipient or user.email,
            user_id=user.id,
            payload={"title": notice.title, "lines": notice.lines, "link": None},
            dedup_key=notice.key,
        )
        await queue_mail(uow, mail)

    async def _queue(
        self, uow: IdentityUnit, token: AccountToken, kind: MailKind, **values: str
    ) -> None:
        await uow.account_tokens.save(token)
        await self._queue_with(uow, token, kind, **values)

    async def _queue_with(
        self, uow: IdentityUnit, token: AccountToken, kind: MailKind, **values: str
    ) -> None:
        mail = Mail(
            kind=kind,
            recipient=token.email,
            user_id=token.user_id,
            payload={"token_id": str(token.id), **values},
            dedup_key=f"token {token.id}",
        )
        await queue_mail(uow, mail)
