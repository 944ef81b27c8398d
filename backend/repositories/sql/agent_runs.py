from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import col, select

from backend.models.agent_runs import AgentRun, Amounts
from backend.repositories.sql.base import SqlRepository
from backend.repositories.sql.named_locks import lock

_AT_WORK = and_(col(AgentRun.finished_at).is_(None), col(AgentRun.over_at) > func.now())


class SqlAgentRunRepository(SqlRepository[AgentRun]):
    model = AgentRun
    kind = "run"

    async def lock_used_by(self, owner_id: UUID, since: datetime) -> Amounts:
        # A lock of the rows would not stop somebody from adding one.
        await lock(self._session, f"agent runs of {owner_id}")
        return await self.used_by(owner_id, since)

    async def used_by(self, owner_id: UUID, since: datetime) -> Amounts:
        tokens = col(AgentRun.input_tokens) + col(AgentRun.output_tokens)
        sums = select(
            _sum(col(AgentRun.held_steps), col(AgentRun.steps)),
            _sum(col(AgentRun.held_tokens), tokens),
            _sum(col(AgentRun.held_seconds), col(AgentRun.seconds)),
            _sum(col(AgentRun.held_cost), func.coalesce(col(AgentRun.cost), 0)),
        ).where(AgentRun.owner_id == owner_id, col(AgentRun.started_at) >= since)
        return Amounts(*(await self._session.exec(sums)).one())


def _sum(held: Any, used: Any) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((_AT_WORK, held), else_=used)), 0)
