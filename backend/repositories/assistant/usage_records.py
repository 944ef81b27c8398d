from datetime import datetime
from typing import Protocol
from uuid import UUID

from backend.models.assistant.usage_records import Amounts, UsageRecord
from backend.repositories.platform.base import Repository


class UsageRecordRepository(Repository[UsageRecord], Protocol):
    async def lock_used_by(self, owner_id: UUID, since: datetime) -> tuple[Amounts, Amounts]:
        """Return a person's usage since then, including the reservations of running requests.

        Holds a lock until the unit ends, so that the sum stays valid.
        """
        ...

    async def used_by(self, owner_id: UUID, since: datetime) -> tuple[Amounts, Amounts]:
        """Like `lock_used_by`, without the lock."""
        ...
