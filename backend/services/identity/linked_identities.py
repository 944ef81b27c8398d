from uuid import UUID

from backend.core.attempts import retried
from backend.core.errors import ConflictError, InvalidInputError, NotFoundError
from backend.core.permissions import Principal, SubjectKind
from backend.models.identity.linked_identities import (
    IdentityLink,
    LinkedIdentity,
    LinkedIdentityQuery,
)
from backend.models.identity.sessions import Client
from backend.models.platform.paging import Page
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.callers import lock_caller
from backend.services.identity.password_check import PasswordCheck
from backend.services.identity.provider_accounts import ProviderAccounts
from backend.services.identity.provider_codes import use_code
from backend.services.identity.ways_in import require_another_way_in
from backend.services.platform.change_events import deleted


class LinkedIdentityService:
    """The identities with which the caller signs in; those of others are not found."""

    def __init__(
        self, uow: IdentityUnits, accounts: ProviderAccounts, passwords: PasswordCheck
    ) -> None:
        self._uow = uow
        self._accounts = accounts
        self._passwords = passwords

    async def page(self, query: LinkedIdentityQuery, by: Principal) -> Page[LinkedIdentity]:
        """Return the caller's own. Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            return await uow.linked_identities.page_of(by.user_id, query)

    async def link(self, data: IdentityLink, by: Principal, client: Client) -> LinkedIdentity:
        """Sign in with another identity as well, from now on. The owner is told by mail.

        Raises:
            InvalidInputError: the code can't be used, or the password is wrong or missing.
            AuthenticationError: the session has ended meanwhile.
            ConflictError: an account is linked to the identity already, or the caller's address is
                not verified.
            RateLimitedError, UnavailableError: there were too many failures.
        """
        await self._check_password(data, by, client)
        async with self._uow(by) as uow:
            arrived = await use_code(uow, data)
            await uow.linked_identities.lock_and_find(arrived.provider, arrived.subject)
            user = await lock_caller(uow, by)
            if user.email_verified_at is None:
                raise ConflictError("Verify your e-mail address first: `POST /auth/verify-email`.")
            identity = await self._accounts.link(uow, user, arrived, by)
            await uow.commit()
        return identity

    @retried
    async def unlink(self, identity_id: UUID, by: Principal) -> None:
        """Raises:
        NotFoundError: it is not one of the caller's.
        ConflictError: they could not sign in any more.
        """
        async with self._uow(by) as uow:
            user = await uow.users.get(by.user_id, for_update=True)
            identity = await uow.linked_identities.find(identity_id)
            if identity is None or identity.user_id != user.id:
                raise NotFoundError.of("identity", identity_id)
            await require_another_way_in(uow, user)
            await uow.linked_identities.delete(identity)
            uow.record(deleted(SubjectKind.IDENTITY, identity, by))
            await uow.commit()

    async def _check_password(self, data: IdentityLink, by: Principal, client: Client) -> None:
        """A way in that somebody adds in a session that is not theirs would outlast it."""
        async with self._uow.reading(by) as uow:
            user = await uow.users.get(by.user_id)
        if not user.has_password:
            return
        if data.password is None:
            raise InvalidInputError("password", "Your password is needed.", "missing")
        await self._passwords.verify_own(by, data.password, client.address, "password")
