from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from backend.models.identity.organisations import Organisation
from backend.repositories.platform.base import Repository


class OrganisationRepository(Repository[Organisation], Protocol):
    async def all(self) -> Sequence[Organisation]:
        """Return all, the oldest first."""
        ...

    async def deleted_before(self, moment: datetime) -> Sequence[UUID]: ...

    async def erase(self, organisation_id: UUID) -> int:
        """Delete an organisation and what belongs to it, but its audit trail; return how many.

        Accounts stay, without their membership; those of services go.
        """
        ...
