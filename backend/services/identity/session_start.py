"""Opens sessions, and issues their tokens."""

from datetime import timedelta
from uuid import UUID

from backend.core.permissions import Principal
from backend.core.security import AccessClaims, AccessTokens, new_token, token_hash
from backend.models.identity.auth import Tokens
from backend.models.identity.sessions import Client, RefreshToken, UserSession
from backend.models.identity.users import User
from backend.models.platform.domain_events import SignedIn, changes_between
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnit


class SessionStart:
    def __init__(self, tokens: AccessTokens, lifetime: timedelta) -> None:
        """`lifetime` is how long a session lasts without being refreshed."""
        self._tokens = tokens
        self.lifetime = lifetime

    async def open(
        self,
        uow: IdentityUnit,
        user: User,
        organisation_id: UUID,
        client: Client,
        *,
        with_passkey: bool = False,
    ) -> Tokens:
        """Open a session of somebody who has shown who they are, if the unit commits.

        `organisation_id` is where they may act: see `PlaceRepository`.
        """
        await uow.go_on_within(organisation_id)
        expires_at = now() + self.lifetime
        session = UserSession(
            user_id=user.id, expires_at=expires_at, with_passkey=with_passkey, **client._asdict()
        )
        await uow.sessions.add_new(session)
        tokens = await self.issue(uow, session)
        uow.record(_signed_in(user, session, organisation_id))
        return tokens

    async def issue(self, uow: IdentityUnit, session: UserSession) -> Tokens:
        """Return new tokens of an open session."""
        refresh_token = new_token()
        await uow.sessions.save_token(
            RefreshToken(session_id=session.id, token_hash=token_hash(refresh_token))
        )
        access_token = self._tokens.sign(AccessClaims(session.user_id, session.id))
        return Tokens(
            access_token=access_token,
            refresh_token=refresh_token,
            expires_in=int(self._tokens.lifetime.total_seconds()),
        )


def _signed_in(user: User, session: UserSession, organisation_id: UUID) -> SignedIn:
    return SignedIn(
        subject_id=session.id,
        by=Principal(user.id, user.role, session.id, organisation_id),
        changes=changes_between({}, session.facts()),
    )
