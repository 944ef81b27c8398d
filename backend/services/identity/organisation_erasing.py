"""Erases organisations, a piece at a time: large ones would take too long at once."""

from datetime import datetime
from uuid import UUID

from backend.core.errors import ConflictError
from backend.core.scopes import SYSTEM
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnits

_BATCH = 1_000


class OrganisationEraser:
    """Each part may be interrupted, and is done again."""

    def __init__(self, uow: IdentityUnits) -> None:
        self._uow = uow

    async def erase(self, organisation_id: UUID, deleted_before: datetime | None = None) -> int:
        """Delete one with all that belongs to it, but its audit trail; return how many rows.

        Args:
            deleted_before: None: whether it is deleted or not.

        Raises:
            NotFoundError: there is no such organisation.
            ConflictError: it was not deleted before that, such as one that was restored.
        """
        await self._shut(organisation_id, deleted_before)
        async with self._uow.reading(SYSTEM) as reading:
            parts = reading.organisations.parts
        erased = 0
        for part in parts:
            while some := await self._erase_some(part, organisation_id):
                erased += some
        async with self._uow(SYSTEM) as uow:
            erased += await uow.organisations.erase(organisation_id)
            await uow.commit()
        return erased

    async def _shut(self, organisation_id: UUID, deleted_before: datetime | None) -> None:
        """Nobody acts in it or restores it any more, so that nothing is added or missed."""
        async with self._uow(SYSTEM) as uow:
            organisation = await uow.organisations.get(organisation_id, for_update=True)
            deleted_at = organisation.deleted_at
            if deleted_before and not (deleted_at and deleted_at < deleted_before):
                raise ConflictError("The organisation was restored.")
            organisation.deleted_at = deleted_at or now()
            await uow.organisations.save(organisation)
            await uow.memberships.remove_people(organisation_id)
            await uow.commit()

    async def _erase_some(self, part: str, organisation_id: UUID) -> int:
        async with self._uow(SYSTEM) as uow:
            erased = await uow.organisations.erase_some(part, organisation_id, _BATCH)
            await uow.commit()
        return erased
