from typing import Any

from backend.core.config import SecuritySettings
from backend.core.errors import AuthenticationError
from backend.core.scopes import SYSTEM
from backend.models.identity.auth import Tokens
from backend.models.identity.passkey_credentials import AssertedCredential
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.passkey_check import PasskeyCheck
from backend.services.identity.session_start import SessionStart
from backend.services.identity.sign_in_attempts import SignInAttempts


class PasskeySignInService:
    """Opens sessions for those whom their passkey has verified, without address or password."""

    def __init__(
        self,
        uow: IdentityUnits,
        check: PasskeyCheck,
        sessions: SessionStart,
        settings: SecuritySettings,
    ) -> None:
        self._uow = uow
        self._check = check
        self._sessions = sessions
        self._attempts = SignInAttempts(settings)

    async def options(self) -> dict[str, Any]:
        """Return what a browser uses a passkey with. Nothing is stored."""
        return await self._check.request_options()

    async def sign_in(self, credential: AssertedCredential, client: Client) -> Tokens:
        """Open a session.

        Raises:
            AuthenticationError: the passkey is unknown or has not signed, and the failure is
                recorded; or the account is deactivated.
            InvalidInputError: the challenge was used or has expired.
            RateLimitedError: there were too many failures.
        """
        async with self._uow(SYSTEM) as uow:
            user = await self._owner(uow, credential)
            attempt = await self._attempts.begin(uow, f"passkey {credential.id}", client.address)
            if user is None or await self._check.use(uow, user, credential) is None:
                facts = {"address": client.address, "passkey": "wrong"}
                await self._attempts.fail(uow, attempt, user.id if user else None, **facts)
                raise AuthenticationError("The passkey is not known here, or can't be used.")
            if not user.can_sign_in:
                raise AuthenticationError("The account is deactivated.")
            organisation_id = await uow.places.enter(user)
            tokens = await self._sessions.open(
                uow, user, organisation_id, client, with_passkey=True
            )
            await uow.commit()
        return tokens

    async def _owner(self, uow: IdentityUnit, credential: AssertedCredential) -> User | None:
        """Return the user, locked."""
        owner_id = await uow.passkeys.owner_of(credential.raw_id)
        return None if owner_id is None else await uow.users.get(owner_id, for_update=True)
