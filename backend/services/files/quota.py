"""How much one person may have uploaded."""

from dataclasses import dataclass

from backend.core.errors import QuotaReachedError
from backend.models.files.files import File, FileUsage
from backend.repositories.files.unit import FilesReading, FilesUnit


@dataclass(frozen=True)
class FileQuota:
    """For each of the two, 0 sets no limit.

    Whatever the program makes for somebody counts as well, and is never refused.
    """

    count: int = 0
    bytes: int = 0

    async def look(self, uow: FilesReading, row: File) -> None:
        """Raises QuotaReachedError where it is no use to store the content of a new file."""
        self._check(await uow.files.usage_of(row.owner_id), row)

    async def take(self, uow: FilesUnit, row: File) -> None:
        """As `look`, exactly: others who upload for the same person wait for this unit."""
        if self.has_limits:
            self._check(await uow.files.lock_usage_of(row.owner_id), row)

    @property
    def has_limits(self) -> bool:
        return bool(self.count or self.bytes)

    def _check(self, used: FileUsage, row: File) -> None:
        if self.count and used.files >= self.count:
            raise QuotaReachedError(
                f"You have {used.files:,} files and may have {self.count:,}: delete one of yours "
                "first, or ask an admin for more room."
            )
        left = self.bytes - used.bytes
        if self.bytes and row.size > left:
            raise QuotaReachedError(
                f"The file has {row.size:,} bytes, and {max(0, left):,} of your {self.bytes:,} are "
                "left: delete files of yours first, or ask an admin for more room."
            )


UNLIMITED = FileQuota()
