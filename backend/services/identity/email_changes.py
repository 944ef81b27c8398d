"""The e-mail address of an account, and how it becomes another."""

from backend.core.errors import ConflictError
from backend.core.permissions import Principal, SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.identity.account_tokens import EmailChange, TokenPurpose
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.account_tokens import find_token, lock_owner, use_token
from backend.services.identity.callers import lock_caller
from backend.services.identity.mail_limits import MailRequestLimits
from backend.services.identity.password_check import PasswordCheck
from backend.services.identity.token_mails import AccountMails


class EmailChangeService:
    """Another address for an account: confirmed by a mail to it, and told to the one before."""

    def __init__(
        self,
        uow: IdentityUnits,
        passwords: PasswordCheck,
        mails: AccountMails,
        limits: MailRequestLimits,
    ) -> None:
        self._uow = uow
        self._passwords = passwords
        self._mails = mails
        self._limits = limits

    async def request(self, data: EmailChange, by: Principal, client: Client) -> None:
        """Queue a mail to the new address; earlier links become invalid.

        Raises:
            InvalidInputError: the password is wrong.
            AuthenticationError: the session has ended meanwhile.
            ConflictError: it is the address of the caller, or of somebody else.
            RateLimitedError, UnavailableError: too many mails were requested, or there were too
                many failures.
        """
        await self._passwords.verify_own(by, data.password, client.address, "password")
        async with self._uow(by) as uow:
            user = await lock_caller(uow, by)
            if user.email == data.email:
                raise ConflictError("This is your e-mail address already.")
            if await uow.users.find_by_email(data.email):
                # Committed before the error is raised, which would otherwise roll it back.
                await self._limits.admit_answer(uow, data.email, client.address)
                await uow.commit()
                raise ConflictError("A user with this e-mail address already exists.")
            await self._limits.admit_answered(uow, data.email, client.address)
            await self._mails.change_email(uow, user, data.email)
            uow.record(_event("email_change_requested", user, by))
            await uow.commit()

    async def confirm(self, clear: str) -> None:
        """Change the address. Links that were sent to the one before become invalid.

        Raises:
            InvalidInputError: the token is invalid.
            ConflictError: somebody else has the address by now.
        """
        async with self._uow(SYSTEM) as uow:
            token = await find_token(uow, TokenPurpose.CHANGE_EMAIL, clear)
            user = await lock_owner(uow, token)
            await use_token(uow, token)
            before, old = user.facts(), user.email
            user.email, user.email_verified_at = token.email, now()
            await uow.users.save(user)
            for purpose in (TokenPurpose.RESET_PASSWORD, TokenPurpose.VERIFY_EMAIL):
                await uow.account_tokens.take_back_of_user(purpose, user.id)
            await self._mails.email_changed(uow, user, old, token)
            changes = changes_between(before, user.facts())
            uow.record(
                ResourceChanged(
                    kind=SubjectKind.USER,
                    verb="email_changed",
                    subject_id=user.id,
                    changes=changes,
                )
            )
            await uow.commit()


def _event(verb: str, user: User, by: Principal) -> ResourceChanged:
    return ResourceChanged(kind=SubjectKind.USER, verb=verb, subject_id=user.id, by=by)
