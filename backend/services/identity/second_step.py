"""The second step of signing in, for accounts that need a second factor."""

from backend.core.errors import ConflictError, InvalidInputError, SecondFactorNeededError
from backend.core.scopes import SYSTEM
from backend.core.security import token_hash
from backend.models.identity.account_tokens import AccountToken, TokenPurpose
from backend.models.identity.second_factors import (
    ChallengeAnswer,
    FactorSetup,
    SecondFactorTokens,
)
from backend.models.identity.sessions import Client, UserSession
from backend.models.identity.users import User
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.account_tokens import AccountTokens
from backend.services.identity.second_factor_check import SecondFactorCheck
from backend.services.identity.second_factor_rule import SecondFactorRule
from backend.services.identity.second_factors import begin_factor, enable_factor
from backend.services.identity.session_start import SessionStart


class SecondStep:
    """A right password is answered with a challenge, and the challenge with a session.

    A challenge is good for one session, and for some minutes. A new password, or ending all
    sessions, ends it.
    """

    def __init__(
        self,
        uow: IdentityUnits,
        tokens: AccountTokens,
        sessions: SessionStart,
        check: SecondFactorCheck,
        rule: SecondFactorRule,
    ) -> None:
        self._uow = uow
        self._tokens = tokens
        self._sessions = sessions
        self._check = check
        self._rule = rule

    def is_needed(self, user: User) -> bool:
        """Whether a password does not suffice, nor a provider that vouches for them."""
        return user.second_factor_at is not None or self._rule.is_unmet_by(user)

    def is_missing(self, user: User, session: UserSession) -> bool:
        """Whether the role of the user requires a second factor that the session is without."""
        return self._rule.is_unmet_by(user, with_passkey=session.with_passkey)

    async def challenge(self, uow: IdentityUnit, user: User) -> SecondFactorNeededError:
        """Return the error to raise once the unit has committed."""
        token = self._tokens.new(TokenPurpose.SIGN_IN, user.email)
        token.user_id = user.id
        await uow.account_tokens.save(token)
        has_passkey = await _has_passkey(uow, user)
        needs_setup = user.second_factor_at is None and not has_passkey
        return SecondFactorNeededError(
            self._tokens.reveal(token), needs_setup=needs_setup, has_passkey=has_passkey
        )

    async def begin(self, challenge: str) -> FactorSetup:
        """Begin to set up the factor that the role requires.

        Raises:
            InvalidInputError: the challenge is invalid, was used or has expired.
            ConflictError: the account has a second factor, or a passkey.
        """
        async with self._uow(SYSTEM) as uow:
            _, user = await _lock(uow, challenge)
            await _require_no_passkey(uow, user)
            setup = await begin_factor(uow, user, self._check.sealer)
            await uow.commit()
        return setup

    async def answer(self, data: ChallengeAnswer, client: Client) -> SecondFactorTokens:
        """Open the session. The first code of a new app puts it to use.

        Raises:
            InvalidInputError: the challenge can't be used, or the code or the passkey is wrong.
            RateLimitedError: there were too many wrong ones.
            ConflictError: the app was not set up, or its secret can't be read any more; or there is
                a passkey, and no app.
        """
        async with self._uow(SYSTEM) as uow:
            token, user = await _lock(uow, data.challenge)
            with_passkey = data.passkey is not None
            is_new = user.second_factor_at is None and not with_passkey
            if is_new:
                await _require_begun(uow, user)
            await self._check.verify(uow, user, data, client.address)
            if not await uow.account_tokens.use(token.id):
                raise _dead_challenge()
            codes = await enable_factor(uow, user, None, client) if is_new else None
            organisation_id = await uow.places.enter(user)
            tokens = await self._sessions.open(
                uow, user, organisation_id, client, with_passkey=with_passkey
            )
            await uow.commit()
        return SecondFactorTokens(**tokens.model_dump(), recovery_codes=codes)


async def _lock(uow: IdentityUnit, challenge: str) -> tuple[AccountToken, User]:
    """Return the challenge, and its user, locked.

    Raises:
        InvalidInputError: it is unknown, was used or has expired, or the user was deactivated.
    """
    token = await uow.account_tokens.find_live(TokenPurpose.SIGN_IN, token_hash(challenge))
    if token is not None and token.user_id is not None:
        user = await uow.users.get(token.user_id, for_update=True)
        if user.can_sign_in:
            return token, user
    raise _dead_challenge()


async def _require_begun(uow: IdentityUnit, user: User) -> None:
    """Raises ConflictError if no code can be the first of an app."""
    await _require_no_passkey(uow, user)
    if await uow.second_factors.find_of(user.id) is None:
        raise ConflictError("Begin with `POST /auth/second-factor/begin`.")


async def _require_no_passkey(uow: IdentityUnit, user: User) -> None:
    """A password alone adds nothing that could then do instead of the passkey."""
    if await _has_passkey(uow, user):
        raise ConflictError("You have a passkey: use it.")


async def _has_passkey(uow: IdentityUnit, user: User) -> bool:
    return bool(await uow.passkeys.credentials_of(user.id))


def _dead_challenge() -> InvalidInputError:
    detail = "The challenge is invalid, was used before or has expired. Sign in again."
    return InvalidInputError("challenge", detail, "invalid_challenge")
