from datetime import timedelta
from uuid import UUID

from backend.core.errors import ConflictError, PermissionDeniedError
from backend.core.permissions import Principal, SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.password_check import PasswordCheck
from backend.services.identity.sessions import end_sessions
from backend.services.identity.token_mails import AccountMails


class AccountClosingService:
    """Lets people have their accounts erased, after some days in which they can think again."""

    def __init__(
        self,
        uow: IdentityUnits,
        passwords: PasswordCheck,
        mails: AccountMails,
        grace: timedelta,
    ) -> None:
        self._uow = uow
        self._passwords = passwords
        self._mails = mails
        self._grace = grace

    async def close(self, password: str, by: Principal, client: Client) -> User:
        """Have the caller's account erased later, end all sessions, and tell them by mail.

        Raises:
            InvalidInputError: the password is wrong.
            ConflictError: this is the last active admin.
            RateLimitedError, UnavailableError: there were too many failures.
        """
        await self._passwords.verify_own(by, password, client.address, "password")
        async with self._uow(SYSTEM) as uow:
            await require_another_admin(uow, by.user_id)
            await uow.go_on_within(by.organisation_id)
            user = await uow.users.get(by.user_id, for_update=True)
            user.erase_at = now() + self._grace
            await uow.users.save(user)
            await end_sessions(uow, user.id, by)
            await self._mails.account_closing(uow, user, user.erase_at)
            uow.record(_event("erasure_requested", user, by))
            await uow.commit()
        return user

    async def keep(self, by: Principal) -> User:
        """Keep the account after all.

        Raises:
            ConflictError: nobody asked for its end.
            PermissionDeniedError: it was deactivated meanwhile, as when it is being erased.
        """
        async with self._uow(by) as uow:
            user = await uow.users.get(by.user_id, for_update=True)
            if not user.is_active:
                raise PermissionDeniedError("The account is deactivated.")
            if user.erase_at is None:
                raise ConflictError("Your account is not to be erased.")
            user.erase_at = None
            await uow.users.save(user)
            uow.record(_event("erasure_withdrawn", user, by))
            await uow.commit()
        return user


async def require_another_admin(uow: IdentityUnit, user_id: UUID) -> None:
    """Raises ConflictError if the user is the last active admin; none can be taken meanwhile.

    That is so in each organisation of theirs, in a unit of the system.
    """
    if await uow.users.is_last_admin(user_id):
        raise ConflictError("This is the last active admin; make another user admin first.")


def _event(verb: str, user: User, by: Principal) -> ResourceChanged:
    return ResourceChanged(kind=SubjectKind.USER, verb=verb, subject_id=user.id, by=by)
