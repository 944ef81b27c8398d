from typing import Protocol
from uuid import UUID

from backend.models.identity.invitations import Invitation, InvitationQuery
from backend.repositories.platform.base import ListedRepository


class InvitationRepository(ListedRepository[Invitation, InvitationQuery], Protocol):
    """One address has one open invitation."""

    async def take_back_expired(self, email: str) -> list[UUID]:
        """Delete the expired invitations of an address; returns their ids."""
        ...

    async def inviter_of(self, invitation_id: UUID) -> UUID | None:
        """Return the id of the inviter; None if the invitation was revoked."""
        ...

    async def lock_open_of(self, inviter_id: UUID) -> list[Invitation]:
        """Return a person's open invitations, locked."""
        ...
