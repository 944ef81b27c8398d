from uuid import UUID

from backend.core.addresses import network_of
from backend.core.passwords import PasswordHasher
from backend.core.permissions import SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.identity.account_tokens import NewPassword, TokenPurpose
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged
from backend.models.platform.job_requests import JobRequest, Queue
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.account_tokens import find_token, lock_holder, use_token
from backend.services.identity.email_verification import mark_verified
from backend.services.identity.mail_limits import MailRequestLimits
from backend.services.identity.security_mails import PASSKEYS_ENDED, PASSWORD_RESET, tell_owner
from backend.services.identity.sessions import end_sessions
from backend.services.identity.token_mails import AccountMails
from backend.services.identity.ways_in import end_ways_in

REQUEST_PASSWORD_RESET = "request_password_reset"  # the name of a job


class PasswordResetService:
    """A new password for the receiver of mail at an account's address.

    A request does not reveal whether an account exists: a job looks it up.
    """

    def __init__(
        self,
        uow: IdentityUnits,
        hasher: PasswordHasher,
        mails: AccountMails,
        limits: MailRequestLimits,
    ) -> None:
        self._uow = uow
        self._hasher = hasher
        self._mails = mails
        self._limits = limits

    async def request(self, email: str, client: Client) -> None:
        """Do the same for every address. Raises RateLimitedError."""
        async with self._uow(SYSTEM) as uow:
            request = await self._limits.admit(uow, email, client.address)
            # Only its id: jobs are stored, and admins read them.
            args = {"request_id": str(request.id)}
            await uow.defer(JobRequest(REQUEST_PASSWORD_RESET, Queue.MAIL, args))
            await uow.commit()

    async def answer(self, request_id: UUID) -> None:
        """Queue the mail if there is an active account. Does nothing the second time."""
        async with self._uow(SYSTEM) as uow:
            request = await uow.mail_requests.get(request_id, for_update=True)
            if request.email is None:
                return
            user = await uow.users.find_by_email(request.email)
            if user is not None and user.can_sign_in:
                await self._mails.reset_password(uow, user)
                uow.record(_event("password_reset_requested", user))
            request.email = None
            await uow.mail_requests.save(request)
            await uow.commit()

    async def confirm(self, data: NewPassword, client: Client) -> None:
        """Set the new password, and end all sessions and all other such links.

        Raises:
            InvalidInputError: the token is invalid.
            RateLimitedError, UnavailableError: too many wait.
        """
        async with self._hasher.turn(network_of(client.address)) as turn:
            async with self._uow.reading(SYSTEM) as reading:
                token = await find_token(reading, TokenPurpose.RESET_PASSWORD, data.token)
            password_hash = await turn.hash(data.new_password)
        async with self._uow(SYSTEM) as uow:
            user = await lock_holder(uow, token)
            await use_token(uow, token)
            user.password_hash = password_hash
            change, event = PASSWORD_RESET, _event("password_reset", user)
            # Whoever opened the account may be somebody else, who has waited for its owner.
            if user.email_verified_at is None and await end_ways_in(uow, user):
                change = PASSKEYS_ENDED
            mark_verified(uow, user)
            await uow.users.save(user)
            await uow.account_tokens.take_back_of_user(TokenPurpose.RESET_PASSWORD, user.id)
            await end_sessions(uow, user.id, None)
            await tell_owner(uow, user, change, event, client)
            uow.record(event)
            await uow.commit()


def _event(verb: str, user: User) -> ResourceChanged:
    return ResourceChanged(kind=SubjectKind.USER, verb=verb, subject_id=user.id)
