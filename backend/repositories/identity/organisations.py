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

    @property
    def parts(self) -> Sequence[str]:
        """What belongs to organisations, but their audit trail; what refers to others first."""
        ...

    async def erase_some(self, part: str, organisation_id: UUID, limit: int) -> int:
        """Delete rows of a part, and return how many: `limit`, unless none is left."""
        ...

    async def erase(self, organisation_id: UUID) -> int:
        """Delete an organisation and what belongs to it, but its audit trail; return how many.

        Accounts stay, without their membership; those of services go.
        """
        ...
