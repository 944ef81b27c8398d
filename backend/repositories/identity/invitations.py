from typing import Protocol
from uuid import UUID

from backend.models.identity.invitations import Invitation, InvitationQuery
from backend.repositories.platform.base import ListedRepository


class InvitationRepository(ListedRepository[Invitation, InvitationQuery], Protocol):
    """One address has one open invitation."""

    async def take_back_expired(self, email: str) -> list[UUID]:
        """Delete what the address was invited with and did not accept in time; answers the ids."""
        ...

    async def inviter_of(self, invitation_id: UUID) -> UUID | None:
        """Who answers for an invitation; None if it was revoked."""
        ...

    async def lock_open_of(self, inviter_id: UUID) -> list[Invitation]:
        """What somebody has invited to and nobody has accepted, locked."""
        ...
