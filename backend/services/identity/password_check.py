"""Checks passwords, and limits failed attempts."""

from backend.core.addresses import network_of
from backend.core.config import SecuritySettings
from backend.core.errors import (
    AuthenticationError,
    InvalidInputError,
    RateLimitedError,
    UnavailableError,
)
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Principal, SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.sign_in_attempts import SignInAttempts

_NO_PASSWORD = (
    "Your account has no password: set one with the link of `POST /auth/password-reset` first."
)


class PasswordCheck:
    """Wrong passwords are counted exactly by account and by address, across all processes.

    The limits are checked twice: first when the client has its turn, to save hashing; then when the
    result is known, for a failure under a lock. The turn ends when the failure is stored. So
    however many guesses arrive at a time, no more than the limit learn their result, and of those
    beyond it only the ones are hashed that had their turns beside the last of these. A right
    password stores nothing, so it needs no lock: it comes before a failure that is being stored.
    """

    def __init__(
        self, uow: IdentityUnits, hasher: PasswordHasher, settings: SecuritySettings
    ) -> None:
        self._uow = uow
        self._hasher = hasher
        self._attempts = SignInAttempts(settings)

    async def verify(self, email: str, password: str, address: str | None) -> User:
        """Return the active user with this address and password.

        Takes as long for an unknown address as for a wrong password. No connection is held
        while the password is hashed.

        Raises:
            AuthenticationError: there is none; the failure is recorded.
            RateLimitedError: there were too many failures, or too many requests are waiting;
                whether this one failed is not revealed.
            UnavailableError: too many requests of all clients are waiting.
        """
        network = network_of(address)
        async with self._hasher.turn(network) as turn:
            async with self._uow.reading(SYSTEM) as uow:
                await self._attempts.look(uow, email, address)
                user = await uow.users.find_by_email(email)
                known = user.password_hash if user and user.has_password else None
            compared = await turn.compare(password, known)
            if user is None or not compared.is_right or not user.can_sign_in:
                await self._fail(email, user, address)
                raise AuthenticationError("The e-mail address or the password is wrong.")
            async with self._uow.reading(SYSTEM) as uow:
                await self._attempts.look(uow, email, address)
        if compared.is_outdated:
            return await self._hash_again(user, password, network)
        return user

    async def verify_own(
        self, by: Principal, password: str, address: str | None, field: str
    ) -> User:
        """Return the signed-in caller, if this is their password.

        Raises:
            InvalidInputError: it is not, with the field that has it, which counts as a failed
                sign-in; or they have none.
            RateLimitedError, UnavailableError: as `verify`.
        """
        async with self._uow.reading(by) as uow:
            user = await uow.users.get(by.user_id)
        if not user.has_password:
            raise InvalidInputError(field, _NO_PASSWORD, "no_password")
        try:
            return await self.verify(user.email, password, address)
        except AuthenticationError:
            raise InvalidInputError(field, "This is not your password.") from None

    async def _fail(self, email: str, user: User | None, address: str | None) -> None:
        """Record a failure. Raises RateLimitedError at the limit."""
        async with self._uow(SYSTEM) as uow:
            attempt = await self._attempts.begin(uow, email, address)
            # The input is not stored: it may be a password in the wrong field.
            user_id = user.id if user else None
            await self._attempts.fail(uow, attempt, user_id, address=address)

    async def _hash_again(self, checked: User, password: str, network: str) -> User:
        """Store the hash of the normal form, unless the password has changed meanwhile."""
        try:
            password_hash = await self._hasher.hash(password, network)
        except (RateLimitedError, UnavailableError):
            # The next sign-in can do it.
            return checked
        async with self._uow(SYSTEM) as uow:
            user = await uow.users.get(checked.id, for_update=True)
            if user.password_hash == checked.password_hash:
                user.password_hash = password_hash
                await uow.users.save(user)
                uow.record(
                    ResourceChanged(
                        kind=SubjectKind.USER, verb="password_hashed_again", subject_id=user.id
                    )
                )
                await uow.commit()
                return user
        # Somebody who signed in at the same moment was faster; or the password is another now.
        return user if await self._hasher.verify(password, user.password_hash) else checked
