"""Tokens in mails. They are derived from an id and the secret key, so that each attempt to send a
mail has the same token, and none can be made from the database, a job or an event alone."""

from datetime import timedelta
from uuid import UUID

from backend.core.config import SecuritySettings
from backend.core.errors import InvalidInputError
from backend.core.security import derived_token, token_hash
from backend.models.identity.account_tokens import AccountToken, TokenPurpose
from backend.models.identity.impersonation import MAX_IMPERSONATION
from backend.models.identity.users import User
from backend.models.platform.mixins import new_id, now
from backend.repositories.identity.unit import IdentityReading, IdentityUnit
from backend.services.mail.protocols import MailRefusedError

_CHALLENGE_LIFETIME = timedelta(minutes=10)
_ALARM_LIFETIME = timedelta(days=7)
_DEAD = "The link is invalid, was used before or has expired. Ask for a new one."


class AccountTokens:
    """Issues tokens, finds them, and lets each be used once."""

    def __init__(self, settings: SecuritySettings) -> None:
        self._settings = settings
        self._lifetimes = {
            TokenPurpose.VERIFY_EMAIL: timedelta(hours=settings.email_verification_hours),
            TokenPurpose.RESET_PASSWORD: timedelta(hours=settings.password_reset_hours),
            TokenPurpose.ACCEPT_INVITATION: self.invitation_lifetime,
            TokenPurpose.CHANGE_EMAIL: timedelta(hours=settings.email_verification_hours),
            TokenPurpose.SIGN_IN: _CHALLENGE_LIFETIME,
            TokenPurpose.END_SESSIONS: _ALARM_LIFETIME,
            TokenPurpose.END_IMPERSONATION: MAX_IMPERSONATION,
        }

    @property
    def invitation_lifetime(self) -> timedelta:
        return timedelta(hours=self._settings.invitation_hours)

    def new(self, purpose: TokenPurpose, email: str, token_id: UUID | None = None) -> AccountToken:
        """Create a token to be saved, once its user or invitation is set."""
        token_id = token_id or new_id()
        return AccountToken(
            id=token_id,
            purpose=purpose,
            email=email,
            token_hash=token_hash(derived_token(self._settings, purpose, token_id)),
            expires_at=now() + self._lifetimes[purpose],
        )

    def reveal(self, token: AccountToken) -> str:
        """Return the token itself, for its mail.

        Raises:
            MailRefusedError: SECRET_KEY has changed since, so the derived token would be invalid.
        """
        clear = derived_token(self._settings, token.purpose, token.id)
        if token_hash(clear) != token.token_hash:
            raise MailRefusedError("SECRET_KEY has changed since the link was made.")
        return clear


async def find_token(uow: IdentityReading, purpose: TokenPurpose, clear: str) -> AccountToken:
    """Raises InvalidInputError, the same for unknown, used and expired tokens."""
    token = await uow.account_tokens.find_live(purpose, token_hash(clear))
    if token is None:
        raise dead_token()
    return token


async def use_token(uow: IdentityUnit, token: AccountToken) -> None:
    """Mark the token as used, if this unit commits. Lock its user or invitation first.

    Raises:
        InvalidInputError: it was used concurrently.
    """
    if not await uow.account_tokens.use(token.id):
        raise dead_token()


async def lock_holder(uow: IdentityUnit, token: AccountToken) -> User:
    """Return the user whose address the token was sent to, locked.

    Raises:
        InvalidInputError: the user was deactivated, or has another address now.
    """
    user = await lock_owner(uow, token)
    if user.email != token.email:
        raise dead_token()
    return user


async def lock_owner(uow: IdentityUnit, token: AccountToken) -> User:
    """Return the user of the token, locked.

    Raises:
        InvalidInputError: the user was deactivated.
    """
    user_ids = [] if token.user_id is None else [token.user_id]
    for user in await uow.users.find_many(user_ids, for_update=True):
        if user.can_sign_in:
            return user
    raise dead_token()


def dead_token() -> InvalidInputError:
    return InvalidInputError("token", _DEAD, "invalid_token")
