from collections.abc import Mapping
from datetime import timedelta

from backend.core.logging import get_logger
from backend.core.scopes import SYSTEM
from backend.models.platform.mixins import now
from backend.repositories.operations.retention import Expiring
from backend.repositories.operations.unit import OperationsUnits
from backend.services.files.contents import FileContents

_ROW_BATCH = 1_000
"""Small enough that nobody waits long for a row that is being deleted."""
_LONGEST_UPLOAD = timedelta(days=1)

_log = get_logger(__name__)

Retention = Mapping[Expiring, timedelta | None]
"""How long rows are kept beyond their time. None: for ever."""


class CleanUpService:
    """Deletes expired rows. Each part may be interrupted, and run concurrently."""

    def __init__(self, uow: OperationsUnits, contents: FileContents, keep: Retention) -> None:
        self._uow = uow
        self._contents = contents
        self._keep = keep

    async def remove(self, what: Expiring) -> None:
        """Skips rows that are kept for ever."""
        kept_for = self._keep[what]
        if kept_for is None:
            return
        before = now() - kept_for
        removed, count = 0, _ROW_BATCH
        while count == _ROW_BATCH:
            async with self._uow(SYSTEM) as uow:
                count = await uow.clean_up.remove(what, before, _ROW_BATCH)
                await uow.commit()
            removed += count
        if removed:
            _log.info("cleaned_up", what=what.value, removed=removed)

    async def remove_orphaned_files(self) -> None:
        """Delete contents that broken uploads have left in the storage."""
        if removed := await self._contents.remove_orphans(_LONGEST_UPLOAD):
            _log.info("cleaned_up", what="orphaned_files", removed=removed)
