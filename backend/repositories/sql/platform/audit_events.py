from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from backend.models.platform.audit_events import Event, EventQuery, PersonalChanges
from backend.models.platform.paging import Page
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList


class SqlEventRepository(SqlList[Event, EventQuery]):
    model = Event
    kind = "event"
    sorts = {"occurred_at": by_column(Event.occurred_at, MOMENT)}

    async def get(self, row_id: UUID, *, for_update: bool = False) -> Event:
        event = await super().get(row_id, for_update=for_update)
        await self._complete([event])
        return event

    async def page(self, query: EventQuery) -> Page[Event]:
        page = await super().page(query)
        await self._complete(page.items)
        return page

    async def _complete(self, events: Sequence[Event]) -> None:
        """Read what is kept apart of events about people, if it is not forgotten."""
        bare = {event.id: event for event in events if event.person_is_concerned}
        if not bare:
            return
        apart = select(PersonalChanges).where(one_of(PersonalChanges.id, bare))
        for found in (await self._session.exec(apart)).all():
            # Not as a change of the row, which is never written again. Those of lists are no more
            # than their fields.
            bare[found.id].__dict__["changes"] = found.changes

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
