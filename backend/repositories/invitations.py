from typing import Protocol
from uuid import UUID

from backend.models.invitations import Invitation, InvitationQuery
from backend.repositories.base import ListedRepository


class InvitationRepository(ListedRepository[Invitation, InvitationQuery], Protocol):
    """One address has one open invitation."""

    async def take_back_expired(self, email: str) -> list[UUID]:
        """Delete what the address was invited with and did not accept in time; answers the ids."""
        ...
