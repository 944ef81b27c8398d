from datetime import timedelta

from backend.core.addresses import network_of
from backend.core.attempts import retried
from backend.core.caching import CacheName
from backend.core.errors import AuthenticationError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Principal, SubjectKind
from backend.core.scopes import SYSTEM
from backend.core.security import token_hash
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.identity.auth import PasswordChange, Tokens
from backend.models.identity.sessions import Client, UserSession
from backend.models.identity.users import User
from backend.models.platform.domain_events import (
    RefreshReplayed,
    ResourceChanged,
    changes_between,
)
from backend.models.platform.fields import email_to_look_up
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.password_check import PasswordCheck
from backend.services.identity.second_step import SecondStep
from backend.services.identity.security_mails import PASSWORD_CHANGED, tell_owner
from backend.services.identity.session_start import SessionStart
from backend.services.identity.sessions import end_sessions

_DEAD_TOKEN = "The refresh token is invalid, was used before or has expired. Sign in again."


class AuthService:
    """Signs people in, refreshes tokens, and changes passwords."""

    def __init__(
        self,
        uow: IdentityUnits,
        hasher: PasswordHasher,
        passwords: PasswordCheck,
        sessions: SessionStart,
        second_step: SecondStep,
        refresh_leeway: timedelta,
    ) -> None:
        """`refresh_leeway` is how long a refresh token may be reused."""
        self._uow = uow
        self._hasher = hasher
        self._passwords = passwords
        self._sessions = sessions
        self._second_step = second_step
        self._refresh_leeway = refresh_leeway

    async def sign_in(self, email: str, password: str, client: Client) -> Tokens:
        """Open a session.

        Raises:
            SecondFactorNeededError: the password is right, but does not suffice.
            AuthenticationError, RateLimitedError, UnavailableError: as `PasswordCheck.verify`.
        """
        checked = await self._passwords.verify(email_to_look_up(email), password, client.address)
        return await self._open_session(checked, client)

    @retried
    async def _open_session(self, checked: User, client: Client) -> Tokens:
        async with self._uow(SYSTEM) as uow:
            user = await _unchanged(uow, checked)
            organisation_id = await uow.places.enter(user)
            if self._second_step.is_needed(user):
                # Committed before it is raised, which would otherwise roll it back.
                needed = await self._second_step.challenge(uow, user)
                await uow.commit()
                raise needed
            tokens = await self._sessions.open(uow, user, organisation_id, client)
            await uow.commit()
        return tokens

    async def refresh(self, refresh_token: str, client: Client) -> Tokens:
        """Exchange a refresh token for new tokens.

        If a token was used before, two parties have it, and its session ends. For a short leeway
        reuse is allowed: two tabs of one device may share a token, and responses get lost. Each
        then gets its own tokens, and using one of them marks the others as used.

        Raises:
            AuthenticationError: the token can't be used.
        """
        async with self._uow(SYSTEM) as uow:
            family = await uow.sessions.lock_family(token_hash(refresh_token))
            if family is None:
                raise AuthenticationError(_DEAD_TOKEN)
            token, session, user, at = family
            organisation_id = await uow.go_on_for(UserSession, session.id)
            is_repeated = session.may_repeat(token, at, self._refresh_leeway, client)
            if token.used_at is not None and not is_repeated:
                await _end_replayed(uow, session, client)
                raise AuthenticationError(_DEAD_TOKEN)
            is_open = session.is_live and user.is_active
            if not (is_open and await uow.places.may_act(user, organisation_id)):
                raise AuthenticationError(_DEAD_TOKEN)
            if self._second_step.is_missing(user, session):
                raise AuthenticationError(_DEAD_TOKEN)
            if not is_repeated:
                await uow.sessions.use_tokens(session.id, at)
                session.prolong(at, self._sessions.lifetime, client)
            tokens = await self._sessions.issue(uow, session)
            await uow.commit()
        return tokens

    async def change_password(self, data: PasswordChange, by: Principal, client: Client) -> None:
        """Set a new password, and end all other sessions and all links for setting one.

        Raises:
            InvalidInputError: the current password is wrong; this counts as a failed sign-in.
            AuthenticationError: the session has ended meanwhile.
            RateLimitedError: there were too many failures.
            UnavailableError: too many requests are waiting.
        """
        checked = await self._passwords.verify_own(
            by, data.current_password, client.address, "current_password"
        )
        password_hash = await self._hasher.hash(data.new_password, network_of(client.address))
        await self._replace_password(by, checked, password_hash, client)

    @retried
    async def _replace_password(
        self, by: Principal, checked: User, password_hash: str, client: Client
    ) -> None:
        async with self._uow(by) as uow:
            user = await _unchanged(uow, checked)
            session = await uow.sessions.get(by.session_id, for_update=True)
            if not session.is_live:
                raise AuthenticationError("The session has ended. Sign in again.")
            user.password_hash = password_hash
            await uow.users.save(user)
            await end_sessions(uow, by.user_id, by, keep=by.session_id)
            await uow.account_tokens.take_back_of_user(TokenPurpose.RESET_PASSWORD, by.user_id)
            event = ResourceChanged(
                kind=SubjectKind.USER, verb="password_changed", subject_id=user.id, by=by
            )
            await tell_owner(uow, user, PASSWORD_CHANGED, event, client)
            uow.record(event)
            await uow.commit()


async def _end_replayed(uow: IdentityUnit, session: UserSession, client: Client) -> None:
    """Once: whoever goes on trying does not fill the audit trail.

    Committed before the error is raised, which would otherwise roll it back.
    """
    if session.revoked_at is None:
        session.revoke()
        uow.record(_replayed(session, client))
        uow.forget(CacheName.IDENTITY, session.user_id)
        await uow.commit()


def _replayed(session: UserSession, client: Client) -> RefreshReplayed:
    """No actor is recorded: it may be the thief or the victim."""
    facts = {"user_id": str(session.user_id), **client._asdict()}
    return RefreshReplayed(subject_id=session.id, changes=changes_between({}, facts))


async def _unchanged(uow: IdentityUnit, checked: User) -> User:
    """Return the user, locked, if password and state are still those that were checked."""
    user = await uow.users.get(checked.id, for_update=True)
    if not user.is_active or user.password_hash != checked.password_hash:
        raise AuthenticationError("The account has changed meanwhile. Sign in again.")
    return user
