from collections.abc import Collection

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.platform.event_demands import EventDemand
from backend.repositories.sql.platform.named_locks import lock


class SqlEventDemandRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, task: str, event_types: Collection[str]) -> None:
        await self.lock(task)
        rows = [{"task": task, "event_type": each} for each in event_types]
        connection = await self._session.connection()
        await connection.execute(insert(EventDemand).on_conflict_do_nothing(), rows)

    async def lock(self, task: str) -> None:
        await lock(self._session, f"demands of {task}")

    async def remove(self, task: str, event_type: str) -> None:
        one = (col(EventDemand.task) == task, col(EventDemand.event_type) == event_type)
        await self._session.exec(delete(EventDemand).where(*one))
