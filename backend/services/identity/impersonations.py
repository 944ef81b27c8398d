from datetime import timedelta
from uuid import UUID

from backend.core.errors import ConflictError
from backend.core.permissions import Principal, SubjectKind
from backend.core.security import AccessClaims, AccessTokens
from backend.models.identity.impersonation import Impersonation, ImpersonationToken
from backend.models.identity.sessions import Client, UserSession
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.role_grants import lock_giver
from backend.services.identity.token_mails import AccountMails


class ImpersonationService:
    """Lets admins sign in as somebody else, for a reason and a time, which the person is told.

    They have no part in what is for the person alone: password, keys, sessions, members. Each event
    is marked. It ends with the time, when the person ends the session, and with the rights of the
    admin.
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
            ConflictError: it is the caller, a service, or a deactivated account.
        """
        lifetime = timedelta(minutes=data.minutes)
        async with self._uow(by) as uow:
            user = await uow.users.get(user_id)
            admin = await lock_giver(uow, by, user.role)
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
        return ImpersonationToken(access_token=token, expires_in=int(lifetime.total_seconds()))


def _begun(session: UserSession, data: Impersonation, by: Principal) -> ResourceChanged:
    facts = {"user_id": str(session.user_id), "reason": data.reason, "minutes": data.minutes}
    return ResourceChanged(
        kind=SubjectKind.SESSION,
        verb="impersonated",
        subject_id=session.id,
        by=by,
        changes=changes_between({}, facts),
    )
