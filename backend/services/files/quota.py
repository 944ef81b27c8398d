"""The quota of files of one person."""

from dataclasses import dataclass

from backend.core.errors import QuotaReachedError
from backend.models.files.files import File, FileUsage
from backend.repositories.files.unit import FilesReading, FilesUnit


@dataclass(frozen=True)
class FileQuota:
    """0 means no limit.

    Generated files count too, but are never refused.
    """

    count: int = 0
    bytes: int = 0

    async def look(self, uow: FilesReading, row: File) -> None:
        """Raises QuotaReachedError if storing a new file would certainly exceed it."""
        self._check(await uow.files.usage_of(row.owner_id), row)

    async def take(self, uow: FilesUnit, row: File) -> None:
        """Like `look`, but exact: concurrent uploads of the same person wait for this unit."""
        if self.has_limits:
            self._check(await uow.files.lock_usage_of(row.owner_id), row)

    @property
    def has_limits(self) -> bool:
        return bool(self.count or self.bytes)

    def _check(self, used: FileUsage, row: File) -> None:
        if self.count and used.files >= self.count:
            raise QuotaReachedError(
                f"You have {used.files:,} files and may have {self.count:,}: delete one of yours "
                "first, or ask an admin for a larger quota."
            )
        left = self.bytes - used.bytes
        if self.bytes and row.size > left:
            raise QuotaReachedError(
                f"The file has {row.size:,} bytes, and {max(0, left):,} of your {self.bytes:,} are "
                "left: delete some of your files first, or ask an admin for a larger quota."
            )


UNLIMITED = FileQuota()
