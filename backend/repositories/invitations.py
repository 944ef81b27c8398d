from typing import Protocol

from backend.models.invitations import Invitation, InvitationQuery
from backend.repositories.base import ListedRepository


class InvitationRepository(ListedRepository[Invitation, InvitationQuery], Protocol):
    """One address has one open invitation."""
