from datetime import timedelta
from uuid import UUID

from backend.core.attempts import retried
from backend.core.errors import ConflictError, NotFoundError
from backend.core.permissions import Principal, Role, SubjectKind
from backend.core.scopes import SYSTEM
from backend.core.security import AccessClaims, AccessTokens
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.identity.impersonation import (
    Impersonation,
    ImpersonationQuery,
    ImpersonationToken,
)
from backend.models.identity.sessions import Client, UserSession
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.mixins import now
from backend.models.platform.paging import Page
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.account_tokens import (
    dead_token,
    find_token,
    lock_owner,
    use_token,
)
from backend.services.identity.callers import lock_caller
from backend.services.identity.role_grants import check_giver, lock_giver
from backend.services.identity.sessions import end_session
from backend.services.identity.token_mails import AccountMails


class ImpersonationService:
    """Lets admins sign in as somebody else, for a reason and a time, which the person is told.

    They have no part in what is for the person alone: password, keys, sessions, members. Each event
    is marked. It ends with the time, when the person or an admin ends it, and with the rights of
    the admin who began it.
    """

    def __init__(self, uow: IdentityUnits, tokens: AccessTokens, mails: AccountMails) -> None:
        self._uow = uow
        self._tokens = tokens
        self._mails = mails

    async def begin(
        self, user_id: UUID, data: Impersonation, by: Principal, client: Client
    ) -> ImpersonationToken:
        """Open a session that can't be refreshed.

        Raises:
            NotFoundError: there is no such user.
            PermissionDeniedError: they may do more than the caller, or the caller may not any more.
            AuthenticationError: the session of the caller has ended meanwhile.
            ConflictError: it is the caller, a service, or a deactivated account.
        """
        lifetime = timedelta(minutes=data.minutes)
        async with self._uow(by) as uow:
            user = await uow.users.get(user_id)
            admin = await lock_caller(uow, by)
            check_giver(admin, user.role)
            if user.id == admin.id or not user.can_sign_in:
                raise ConflictError("Choose somebody else, who can sign in.")
            session = UserSession(
                user_id=user.id,
                expires_at=now() + lifetime,
                impersonator_id=admin.id,
                reason=data.reason,
                **client._asdict(),
            )
            await uow.sessions.save(session)
            await self._mails.impersonated(uow, user, session, admin)
            uow.record(_begun(session, data, by))
            await uow.commit()
        token = self._tokens.sign(AccessClaims(user.id, session.id), lifetime)
        seconds = int(lifetime.total_seconds())
        return ImpersonationToken(id=session.id, access_token=token, expires_in=seconds)

    async def page(self, query: ImpersonationQuery, by: Principal) -> Page[UserSession]:
        """Return those that have not ended. Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            return await uow.sessions.page_impersonations(query, by.organisation_id)

    @retried
    async def end(self, session_id: UUID, by: Principal) -> None:
        """
        Raises:
            NotFoundError: there is none that has not ended.
            PermissionDeniedError: the caller may not any more.
        """
        async with self._uow(by) as uow:
            await lock_giver(uow, by, Role.GUEST)
            session = await uow.sessions.lock_impersonation(session_id, within=by.organisation_id)
            if session is None:
                raise NotFoundError.of("impersonation", session_id)
            await end_session(uow, session, by)
            await uow.commit()

    async def end_by_mail(self, clear: str) -> None:
        """End the one that the receiver of a mail was told of.

        Raises InvalidInputError if the token is invalid, or it has ended.
        """
        async with self._uow(SYSTEM) as uow:
            token = await find_token(uow, TokenPurpose.END_IMPERSONATION, clear)
            await lock_owner(uow, token)
            await use_token(uow, token)
            session = await uow.sessions.lock_impersonation(token.id)
            if session is None:
                raise dead_token()
            await uow.go_on_for(UserSession, session.id)
            await end_session(uow, session, None)
            await uow.commit()


def _begun(session: UserSession, data: Impersonation, by: Principal) -> ResourceChanged:
    facts = {"user_id": str(session.user_id), "reason": data.reason, "minutes": data.minutes}
    return ResourceChanged(
        kind=SubjectKind.SESSION,
        verb="impersonated",
        subject_id=session.id,
        by=by,
        changes=changes_between({}, facts),
    )
