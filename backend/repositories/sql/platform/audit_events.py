from collections.abc import Iterator

from sqlalchemy import ColumnElement
from sqlmodel import col

from backend.models.platform.audit_events import Event, EventQuery
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList


class SqlEventRepository(SqlList[Event, EventQuery]):
    model = Event
    kind = "event"
    sorts = {"occurred_at": by_column(Event.occurred_at, MOMENT)}

    def conditions(self, query: EventQuery) -> Iterator[ColumnElement[bool]]:
        if query.type:
            yield one_of(Event.type, query.type)
        if query.subject_kind:
            yield one_of(Event.subject_kind, query.subject_kind)
        if query.subject_id is not None:
            yield col(Event.subject_id) == query.subject_id
        if query.actor_id is not None:
            yield col(Event.actor_id) == query.actor_id
        if query.key_id is not None:
            yield col(Event.key_id) == query.key_id
        if query.occurred_after is not None:
            yield col(Event.occurred_at) >= query.occurred_after
        if query.occurred_before is not None:
            yield col(Event.occurred_at) < query.occurred_before
