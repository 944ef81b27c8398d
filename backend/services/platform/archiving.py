from typing import TypeVar
from uuid import UUID

from backend.core.attempts import retried
from backend.core.permissions import Principal
from backend.core.preconditions import Precondition
from backend.models.platform.base import Update
from backend.models.platform.mixins import Archivable
from backend.models.platform.paging import PageQuery
from backend.repositories.platform.unit import PlatformReading, PlatformUnit
from backend.services.platform.crud import CrudService

Unit = TypeVar("Unit", bound=PlatformUnit)
Reading = TypeVar("Reading", bound=PlatformReading)
Row = TypeVar("Row", bound=Archivable)
Query = TypeVar("Query", bound=PageQuery)
Changes = TypeVar("Changes", bound=Update)


class ArchivingService(CrudService[Unit, Reading, Row, Query, Changes]):
    """For resources that can be archived."""

    @retried
    async def archive(self, row_id: UUID, by: Principal, match: Precondition) -> Row:
        """Raises NotFoundError or PreconditionFailedError. Doing it twice changes nothing."""
        async with self._changing(row_id, by, match, "archived") as (_, row):
            row.archive()
        return row

    @retried
    async def restore(self, row_id: UUID, by: Principal, match: Precondition) -> Row:
        """Raises as `archive` does."""
        async with self._changing(row_id, by, match, "restored") as (_, row):
            row.restore()
        return row
