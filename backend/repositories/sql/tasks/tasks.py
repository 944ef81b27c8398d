from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, SmallInteger, and_, literal_column, not_
from sqlmodel import col

from backend.models.platform.mixins import now
from backend.models.tasks.tasks import (
    DUE_SQL,
    NO_DUE_DATE,
    PRIORITY_SQL,
    UNFINISHED,
    Task,
    TaskPriority,
    TaskQuery,
)
from backend.repositories.sql.platform.bulk import SqlBulkList
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, RANK, Sort, by_column, by_name

_REFERENCES = ("assignee_id", "customer_id", "lead_id", "module_id")
_RANKS = {priority: rank for rank, priority in enumerate(TaskPriority, start=1)}


class SqlTaskRepository(SqlBulkList[Task, TaskQuery]):
    model = Task
    kind = "task"
    sorts = {
        "created_at": by_column(Task.created_at, MOMENT),
        "updated_at": by_column(Task.updated_at, MOMENT),
        "title": by_name(Task.title),
        "due_at": Sort(
            literal_column(DUE_SQL, DateTime(timezone=True)),
            lambda task: task.due_at or NO_DUE_DATE,
            MOMENT,
        ),
        "priority": Sort(
            literal_column(PRIORITY_SQL, SmallInteger()),
            lambda task: _RANKS[task.priority],
            RANK,
        ),
    }

    async def give_to_customer(self, lead_id: UUID, customer_id: UUID) -> list[UUID]:
        unfinished = one_of(Task.status, UNFINISHED)
        without = col(Task.customer_id).is_(None)
        conditions = (col(Task.lead_id) == lead_id, unfinished, without)
        return await self._change_all(*conditions, customer_id=customer_id)

    async def leave_module(self, module_id: UUID) -> list[UUID]:
        return await self._change_all(col(Task.module_id) == module_id, module_id=None)

    def conditions(self, query: TaskQuery) -> Iterator[ColumnElement[bool]]:
        if query.status:
            yield one_of(Task.status, query.status)
        if query.priority:
            yield one_of(Task.priority, query.priority)
        for name in _REFERENCES:
            wanted = getattr(query, name)
            if wanted is not None:
                yield getattr(Task, name) == wanted
        yield from self._due(query)

    def _due(self, query: TaskQuery) -> Iterator[ColumnElement[bool]]:
        if query.due_before is not None:
            yield col(Task.due_at) < query.due_before
        if query.due_after is not None:
            yield col(Task.due_at) >= query.due_after
        if query.overdue is not None:
            late = col(Task.due_at).is_not(None) & (col(Task.due_at) < now())
            overdue = and_(late, one_of(Task.status, UNFINISHED))
            yield overdue if query.overdue else not_(overdue)
