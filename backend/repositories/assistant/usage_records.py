from datetime import datetime
from typing import Protocol
from uuid import UUID

from backend.models.assistant.usage_records import Amounts, UsageRecord
from backend.repositories.platform.base import Repository


class UsageRecordRepository(Repository[UsageRecord], Protocol):
    async def lock_used_by(self, owner_id: UUID, since: datetime) -> tuple[Amounts, Amounts]:
        """What a person has used since then, and what is held for answers that are at work.

        Nobody else who asks is answered until the unit of work ends, so that the sum holds.
        """
        ...

    async def used_by(self, owner_id: UUID, since: datetime) -> tuple[Amounts, Amounts]:
        """As `lock_used_by`, to be looked at only."""
        ...
