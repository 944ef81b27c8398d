"""Tokens that mails carry. Nothing in the database, in a job or in an event is enough to make one:
they follow from an id and the secret key, so that each attempt to send a mail has the same."""

from datetime import timedelta

from backend.core.config import SecuritySettings
from backend.core.errors import InvalidInputError
from backend.core.security import derived_token, token_hash
from backend.models.identity.account_tokens import AccountToken, TokenPurpose
from backend.models.identity.users import User
from backend.models.platform.mixins import new_id, now
from backend.repositories.identity.unit import IdentityReading, IdentityUnit
from backend.services.mail.protocols import MailRefusedError

_DEAD = "The link is invalid, was used before or has expired. Ask for a new one."


class AccountTokens:
    """Issues tokens, finds them again, and lets each be used once."""

    def __init__(self, settings: SecuritySettings) -> None:
        self._settings = settings
        self._lifetimes = {
            TokenPurpose.VERIFY_EMAIL: timedelta(hours=settings.email_verification_hours),
            TokenPurpose.RESET_PASSWORD: timedelta(hours=settings.password_reset_hours),
            TokenPurpose.ACCEPT_INVITATION: self.invitation_lifetime,
        }

    @property
    def invitation_lifetime(self) -> timedelta:
        return timedelta(hours=self._settings.invitation_hours)

    def new(self, purpose: TokenPurpose, email: str) -> AccountToken:
        """A token to be saved; whom or what it is for is still to be set."""
        token_id = new_id()
        return AccountToken(
            id=token_id,
            purpose=purpose,
            email=email,
            token_hash=token_hash(derived_token(self._settings, purpose, token_id)),
            expires_at=now() + self._lifetimes[purpose],
        )

    def reveal(self, token: AccountToken) -> str:
        """The token itself, for the mail that carries it.

        Raises:
            MailRefusedError: SECRET_KEY has changed since; what it would make now is worth nothing.
        """
        clear = derived_token(self._settings, token.purpose, token.id)
        if token_hash(clear) != token.token_hash:
            raise MailRefusedError("SECRET_KEY has changed since the link was made.")
        return clear


async def find_token(uow: IdentityReading, purpose: TokenPurpose, clear: str) -> AccountToken:
    """Raises InvalidInputError, the same for what never was, was used, and has expired."""
    token = await uow.account_tokens.find_live(purpose, token_hash(clear))
    if token is None:
        raise dead_token()
    return token


async def use_token(uow: IdentityUnit, token: AccountToken) -> None:
    """Use the token up, if this unit commits. Lock what it belongs to first.

    Raises:
        InvalidInputError: somebody else was quicker.
    """
    if not await uow.account_tokens.use(token.id):
        raise dead_token()


async def lock_holder(uow: IdentityUnit, token: AccountToken) -> User:
    """The user whom the token is for, locked.

    Raises:
        InvalidInputError: the user was deactivated, or has another address by now.
    """
    user_ids = [] if token.user_id is None else [token.user_id]
    for user in await uow.users.find_many(user_ids, for_update=True):
        if user.is_active and user.email == token.email:
            return user
    raise dead_token()


def dead_token() -> InvalidInputError:
    return InvalidInputError("token", _DEAD, "invalid_token")
