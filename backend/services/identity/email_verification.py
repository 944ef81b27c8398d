from backend.core.errors import ConflictError
from backend.core.permissions import Principal, SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.account_tokens import find_token, lock_holder, use_token
from backend.services.identity.mail_limits import MailRequestLimits
from backend.services.identity.token_mails import AccountMails


class EmailVerificationService:
    """Verifies that people receive mail at their address."""

    def __init__(self, uow: IdentityUnits, mails: AccountMails, limits: MailRequestLimits) -> None:
        self._uow = uow
        self._mails = mails
        self._limits = limits

    async def send_again(self, by: Principal, client: Client) -> None:
        """Queue another mail; older links stay valid.

        Raises:
            ConflictError: the address is already verified.
            RateLimitedError: too many mails were requested.
        """
        async with self._uow(by) as uow:
            user = await uow.users.get(by.user_id)
            if user.email_verified_at is not None:
                raise ConflictError("Your e-mail address is already verified.")
            await self._limits.admit_answered(uow, user.email, client.address)
            await self._mails.verify_email(uow, user)
            await uow.commit()

    async def verify(self, clear: str) -> None:
        """Raises InvalidInputError for an invalid token."""
        async with self._uow(SYSTEM) as uow:
            token = await find_token(uow, TokenPurpose.VERIFY_EMAIL, clear)
            user = await lock_holder(uow, token)
            await use_token(uow, token)
            mark_verified(uow, user)
            await uow.users.save(user)
            await uow.account_tokens.take_back_of_user(TokenPurpose.VERIFY_EMAIL, user.id)
            await uow.commit()


def mark_verified(uow: IdentityUnit, user: User) -> None:
    """Record that the address is verified, the first time."""
    if user.email_verified_at is not None:
        return
    user.email_verified_at = now()
    facts = {"email_verified_at": user.email_verified_at.isoformat()}
    uow.record(
        ResourceChanged(
            kind=SubjectKind.USER,
            verb="email_verified",
            subject_id=user.id,
            changes=changes_between({}, facts),
        )
    )
