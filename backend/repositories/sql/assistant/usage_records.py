from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, select

from backend.models.assistant.usage_records import Amounts, UsageRecord
from backend.repositories.sql.platform.base import SqlRepository
from backend.repositories.sql.platform.named_locks import lock

_AT_WORK = and_(col(UsageRecord.finished_at).is_(None), col(UsageRecord.deadline_at) > func.now())


class SqlUsageRecordRepository(SqlRepository[UsageRecord]):
    model = UsageRecord
    kind = "run"

    async def lock_used_by(self, owner_id: UUID, since: datetime) -> tuple[Amounts, Amounts]:
        # A lock of the rows would not stop somebody from adding one.
        await lock(self._session, f"usage of {owner_id}")
        return await self.used_by(owner_id, since)

    async def used_by(self, owner_id: UUID, since: datetime) -> tuple[Amounts, Amounts]:
        used = (
            col(UsageRecord.model_calls),
            col(UsageRecord.input_tokens) + col(UsageRecord.output_tokens),
            col(UsageRecord.seconds),
            col(UsageRecord.cost),
        )
        held = (
            col(UsageRecord.held_model_calls),
            col(UsageRecord.held_tokens),
            col(UsageRecord.held_seconds),
            col(UsageRecord.held_cost),
        )
        sums = [_sum(amount, ~_AT_WORK) for amount in used]
        sums += [_sum(amount, _AT_WORK) for amount in held]
        of_the_day = (col(UsageRecord.owner_id) == owner_id, col(UsageRecord.started_at) >= since)
        row = (await self._session.exec(select(*sums).where(*of_the_day))).one()
        return Amounts(*row[:4]), Amounts(*row[4:])


def _sum(amount: Any, which: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(amount).filter(which), 0)
