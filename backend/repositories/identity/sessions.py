from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.identity.sessions import RefreshToken, SessionQuery, UserSession
from backend.models.identity.users import User
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class TokenFamily(NamedTuple):
    """A refresh token with the session that it belongs to and the user who signed in.

    Attributes:
        at: the moment, by the clock of the database: those of several machines differ.
    """

    token: RefreshToken
    session: UserSession
    user: User
    at: datetime


class Identity(NamedTuple):
    """Who a session signs in, and until when unless it is prolonged."""

    principal: Principal
    expires_at: datetime


class SessionRepository(Repository[UserSession], Protocol):
    async def identity(self, session_id: UUID) -> Identity | None:
        """Who this session signs in, in one query; None once it or the user is not active."""
        ...

    async def page_live(self, user_id: UUID, query: SessionQuery) -> Page[UserSession]:
        """The user's sessions that can still be used."""
        ...

    async def is_from_new_device(self, session: UserSession) -> bool:
        """Whether no session that is known of was on what says it is this device.

        The first sign-in of all is on no new device, if it is soon after the account was made.
        """
        ...

    async def save_token(self, token: RefreshToken) -> None: ...

    async def lock_family(self, token_hash: str) -> TokenFamily | None:
        """Find a refresh token, used or not, and lock its session for all tokens of it."""
        ...

    async def use_tokens(self, session_id: UUID, at: datetime) -> None:
        """Mark all tokens of a session that can still be used. Lock the session first."""
        ...

    async def revoke_all(self, user_id: UUID, *, keep: UUID | None = None) -> list[UUID]:
        """End all live sessions of a user but one; answers their ids."""
        ...
