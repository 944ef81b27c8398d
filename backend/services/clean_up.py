from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.core.logging import get_logger
from backend.models.mixins import now
from backend.repositories.clean_up import Expiring
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.files import FileService

_ROWS_AT_ONCE = 1_000
"""Few enough that nobody waits long for a row that is being deleted."""
_LONGEST_UPLOAD = timedelta(days=1)

_log = get_logger(__name__)


@dataclass(frozen=True)
class Retention:
    """For how long rows are kept that nobody needs any more. None: for ever."""

    idempotency_keys: timedelta
    refresh_tokens: timedelta
    mail_requests: timedelta
    ended_sessions: timedelta
    settled_mails: timedelta
    finished_jobs: timedelta
    events: timedelta | None


class CleanUpService:
    """Deletes what has had its time. Each part may be interrupted, and run twice at once."""

    def __init__(self, uow: UnitOfWorkFactory, files: FileService, retention: Retention) -> None:
        self._uow = uow
        self._files = files
        self._keep = retention

    async def remove_expired(self) -> None:
        """Keys, sessions that have ended, tokens, mails that were sent, and jobs that are over."""
        keep, moment = self._keep, now()
        await self._remove(Expiring.IDEMPOTENCY_KEYS, moment - keep.idempotency_keys)
        await self._remove(Expiring.REFRESH_TOKENS, moment - keep.refresh_tokens)
        await self._remove(Expiring.SESSIONS, moment - keep.ended_sessions)
        await self._remove(Expiring.ACCOUNT_TOKENS, moment)
        await self._remove(Expiring.MAIL_REQUESTS, moment - keep.mail_requests)
        await self._remove(Expiring.MAILS, moment - keep.settled_mails)
        await self._remove(Expiring.JOBS, moment - keep.finished_jobs)

    async def remove_old_events(self) -> None:
        """Does nothing while events are kept for ever."""
        if self._keep.events is not None:
            await self._remove(Expiring.EVENTS, now() - self._keep.events)

    async def remove_orphaned_files(self) -> None:
        """Contents that broken uploads have left in the storage."""
        if removed := await self._files.remove_orphans(_LONGEST_UPLOAD):
            _log.info("cleaned_up", what="orphaned_files", removed=removed)

    async def _remove(self, what: Expiring, before: datetime) -> None:
        removed, count = 0, _ROWS_AT_ONCE
        while count == _ROWS_AT_ONCE:
            async with self._uow() as uow:
                count = await uow.clean_up.remove(what, before, _ROWS_AT_ONCE)
                await uow.commit()
            removed += count
        if removed:
            _log.info("cleaned_up", what=what.value, removed=removed)
