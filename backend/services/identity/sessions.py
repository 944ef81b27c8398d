from uuid import UUID

from backend.core.attempts import retried
from backend.core.caching import CacheName
from backend.core.errors import AuthenticationError, NotFoundError
from backend.core.permissions import Principal, SubjectKind
from backend.core.security import AccessTokens
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.identity.sessions import SessionQuery, UserSession
from backend.models.platform.domain_events import ResourceChanged, SessionsRevoked, changes_between
from backend.models.platform.paging import Page
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.rights import PresentRights


class SessionService:
    """The sessions of people. They are private: other people's are not found, whatever the role."""

    def __init__(self, uow: IdentityUnits, tokens: AccessTokens, rights: PresentRights) -> None:
        self._uow = uow
        self._tokens = tokens
        self._rights = rights

    async def identify(self, access_token: str) -> Principal:
        """Return the caller of an access token, with at most one query.

        Raises:
            AuthenticationError: the token is invalid, the session has ended, or the user is
                deactivated.
        """
        claims = self._tokens.read(access_token)
        caller = await self._rights.find(claims.user_id, claims.session_id)
        if caller is None:
            raise AuthenticationError("The session has ended. Sign in again.")
        return caller

    async def page(self, query: SessionQuery, by: Principal) -> Page[UserSession]:
        """Return the caller's own live sessions. Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            return await uow.sessions.page_live(by.user_id, query)

    @retried
    async def revoke(self, session_id: UUID, by: Principal) -> None:
        """Raises NotFoundError if the caller has no such live session."""
        async with self._uow(by) as uow:
            session = await uow.sessions.get(session_id, for_update=True)
            if session.user_id != by.user_id or not session.is_live:
                raise NotFoundError.of("session", session_id)
            await end_session(uow, session, by)
            await uow.commit()

    @retried
    async def revoke_all(self, by: Principal) -> None:
        """End all sessions of the caller, including this one."""
        async with self._uow(by) as uow:
            await uow.users.find_many([by.user_id], for_update=True)
            await end_sessions(uow, by.user_id, by)
            await uow.commit()


async def end_session(uow: IdentityUnit, session: UserSession, by: Principal | None) -> None:
    """End a live session, which is locked, and record it."""
    before = session.facts()
    session.revoke()
    await uow.sessions.save(session)
    changes = changes_between(before, session.facts())
    uow.record(
        ResourceChanged(
            kind=SubjectKind.SESSION,
            verb="revoked",
            subject_id=session.id,
            by=by,
            changes=changes,
        )
    )
    uow.forget(CacheName.IDENTITY, session.user_id)


async def end_sessions(
    uow: IdentityUnit, user_id: UUID, by: Principal | None, *, keep: UUID | None = None
) -> None:
    """End all live sessions of a user but one, and record which.

    Lock the user first, as when a session is opened: otherwise one that is being opened goes on.

    Those in which they act as somebody else end with them, sign-ins that wait for a code, and
    changes of the address that wait for a confirmation: whoever began them may have been in such a
    session.
    """
    for purpose in (TokenPurpose.SIGN_IN, TokenPurpose.CHANGE_EMAIL):
        await uow.account_tokens.take_back_of_user(purpose, user_id)
    ended = await uow.sessions.revoke_all(user_id, keep=keep)
    for whose in {user_id, *ended.values()}:
        uow.forget(CacheName.IDENTITY, whose)
    if ended:
        changes = {"session_ids": {"before": sorted(map(str, ended)), "after": []}}
        uow.record(SessionsRevoked(subject_id=user_id, by=by, changes=changes))
