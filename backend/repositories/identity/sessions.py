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
        at: the current time of the database, as the clocks of machines differ.
    """

    token: RefreshToken
    session: UserSession
    user: User
    at: datetime


class Identity(NamedTuple):
    """The user of a session, and when it ends unless it is prolonged."""

    principal: Principal
    expires_at: datetime
    has_second_factor: bool


class SessionRepository(Repository[UserSession], Protocol):
    async def identity(self, session_id: UUID) -> Identity | None:
        """Return the user of a session in one query; None if either is not active."""
        ...

    async def page_live(self, user_id: UUID, query: SessionQuery) -> Page[UserSession]:
        """Return the user's live sessions."""
        ...

    async def page_impersonations(self, query: SessionQuery, within: UUID) -> Page[UserSession]:
        """Return the live sessions in which an admin acts as somebody else in an organisation."""
        ...

    async def lock_impersonation(
        self, session_id: UUID, *, within: UUID | None = None
    ) -> UserSession | None:
        """Return a live session in which an admin acts as somebody else; None if it is none.

        With `within`, only in this organisation.
        """
        ...

    async def is_from_new_device(self, session: UserSession) -> bool:
        """Whether no known session reports this device.

        The first sign-in soon after registration does not count as a new device.
        """
        ...

    async def save_token(self, token: RefreshToken) -> None:
        """Add a token, which is written when the unit of work commits."""
        ...

    async def lock_family(self, token_hash: str) -> TokenFamily | None:
        """Find a refresh token, used or not, and lock its session for all tokens of it."""
        ...

    async def use_tokens(self, session_id: UUID, at: datetime) -> None:
        """Mark all unused tokens of a session as used. Lock the session first."""
        ...

    async def revoke_impersonations_by(self, user_id: UUID, *, within: UUID | None = None) -> None:
        """End all sessions in which an admin is signed in as somebody else.

        With `within`, only those in this organisation.
        """
        ...

    async def revoke_all(
        self, user_id: UUID, *, keep: UUID | None = None, within: UUID | None = None
    ) -> dict[UUID, UUID]:
        """End all live sessions of a user but one, and those in which they act as somebody else.

        With `within`, only those in this organisation. Returns the ids of the sessions, each with
        that of its user.
        """
        ...
