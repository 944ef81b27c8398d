"""Mails that tell the owner of an account of a changed password, second factor or passkey.

They leave out the names of passkeys: whoever has got into the account may have put a link or a text
of their own there.
"""

from typing import NamedTuple

from backend.core.devices import device_name
from backend.models.identity.passkeys import Passkey
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.models.mail.mails import Mail, MailKind
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnit
from backend.services.mail.delivery import queue_mail

_NOT_YOU = (
    "If it was not you, ask for a new password at once, which ends all sessions, and tell an admin."
)
_NOT_ASKED = "If you have not asked for it, tell an admin at once."


class SecurityChange(NamedTuple):
    """What has changed, as the title and the first line of a mail."""

    title: str
    line: str


PASSWORD_CHANGED = SecurityChange(
    "The password of your account was changed",
    "From now on you sign in with the new password. All your other sessions have ended.",
)
PASSWORD_RESET = SecurityChange(
    "Your account has a new password",
    "From now on you sign in with the new password. All your sessions have ended.",
)
APP_ADDED = SecurityChange(
    "Your account has a second factor",
    "From now on, signing in with the password also takes a code of an authenticator app.",
)
APP_REMOVED = SecurityChange(
    "The second factor of your account was removed",
    "Signing in takes no code of an authenticator app any more.",
)
CODES_RENEWED = SecurityChange(
    "Your account has new recovery codes",
    "The recovery codes that you had before are not valid any more.",
)
FACTORS_RESET = SecurityChange(
    "The second factor of your account was removed",
    "You sign in with your password alone: the authenticator app, the recovery codes and the "
    "passkeys that you had are not valid any more. All your sessions have ended.",
)
PASSKEY_ADDED = SecurityChange(
    "There is another way to sign in to your account",
    "From now on you can sign in with a new passkey.",
)
PASSKEYS_ENDED = SecurityChange(
    "The passkeys of your account were removed",
    "As your address was not verified before you have set a new password, the passkeys that the "
    "account had are not valid any more: if somebody else had opened it, they are out.",
)


def passkey_renamed(passkey: Passkey) -> SecurityChange:
    line = f"The passkey that was added on {_day(passkey)} has another name."
    return SecurityChange("A passkey of your account was renamed", line)


def passkey_removed(passkey: Passkey) -> SecurityChange:
    line = f"The passkey that was added on {_day(passkey)} can't be used to sign in any more."
    return SecurityChange("A passkey of your account was removed", line)


async def tell_owner(
    uow: IdentityUnit, user: User, change: SecurityChange, event: DomainEvent, client: Client | None
) -> None:
    """Queue the mail, once for each event, in the unit of the change.

    `client`: whence it was done; None: by an admin, on the command line.
    """
    mail = Mail(
        kind=MailKind.NOTIFICATION,
        recipient=user.email,
        user_id=user.id,
        payload={"title": change.title, "lines": [change.line, *_whence(client)], "link": None},
        dedup_key=f"security {event.id}",
    )
    await queue_mail(uow, mail)


def _whence(client: Client | None) -> list[str]:
    """Return when and where it was done, and what to do if it was somebody else."""
    at = f"{now():%d %B %Y, %H:%M} UTC"
    if client is None:
        return [f"An admin has done this on {at}.", _NOT_ASKED]
    place = client.address or "an unknown address"
    return [f"It was done on {at}, with {device_name(client.device)}, from {place}.", _NOT_YOU]


def _day(passkey: Passkey) -> str:
    return f"{passkey.created_at:%d %B %Y}"
