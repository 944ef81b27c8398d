from typing import NamedTuple, Protocol
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.paging import Page
from backend.models.sessions import RefreshToken, SessionQuery, UserSession
from backend.models.users import User
from backend.repositories.base import Repository


class TokenFamily(NamedTuple):
    """A refresh token with the session that it belongs to and the user who signed in."""

    token: RefreshToken
    session: UserSession
    user: User


class SessionRepository(Repository[UserSession], Protocol):
    async def principal(self, session_id: UUID) -> Principal | None:
        """Who this session signs in, in one query; None once it or the user is not active."""
        ...

    async def page_live(self, user_id: UUID, query: SessionQuery) -> Page[UserSession]:
        """The user's sessions that can still be used."""
        ...

    async def save_token(self, token: RefreshToken) -> None: ...

    async def lock_family(self, token_hash: str) -> TokenFamily | None:
        """Find a refresh token, used or not, and lock it and its session."""
        ...

    async def revoke_all(self, user_id: UUID, *, keep: UUID | None = None) -> list[UUID]:
        """End all live sessions of a user but one; answers their ids."""
        ...
