from typing import Protocol
from uuid import UUID

from backend.models.identity.account_tokens import AccountToken, TokenPurpose
from backend.repositories.platform.base import Repository


class AccountTokenRepository(Repository[AccountToken], Protocol):
    async def find_live(self, purpose: TokenPurpose, token_hash: str) -> AccountToken | None:
        """Return the token, unless it was used or has expired."""
        ...

    async def use(self, token_id: UUID) -> bool:
        """Mark a live token as used. Of concurrent callers, one gets True."""
        ...

    async def take_back_of_user(self, purpose: TokenPurpose, user_id: UUID) -> None:
        """Invalidate the unused tokens of a user. Lock the user first."""
        ...

    async def take_back_of_invitation(self, invitation_id: UUID) -> None:
        """Invalidate the unused tokens of an invitation. Lock the invitation first."""
        ...
