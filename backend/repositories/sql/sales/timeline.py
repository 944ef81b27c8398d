"""Leads, tasks and files of a customer as one list."""

from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.files.files import File
from backend.models.platform.paging import MAX_COUNTED, Page
from backend.models.sales.leads import Lead
from backend.models.sales.timeline import TimelineEntry, TimelineKind, TimelineQuery
from backend.models.tasks.tasks import Task
from backend.repositories.sql.platform.keyset import MOMENT, Keyset, Sort


class _Source(NamedTuple):
    model: Any
    title: Any
    status: Any


_SOURCES = {
    TimelineKind.LEAD: _Source(Lead, Lead.name, Lead.status),
    TimelineKind.TASK: _Source(Task, Task.title, Task.status),
    TimelineKind.FILE: _Source(File, File.name, null()),
}


async def timeline_page(
    session: AsyncSession, customer_id: UUID, query: TimelineQuery
) -> Page[TimelineEntry]:
    """Merge the first pages of each kind, each read from its own index."""
    kinds = set(query.kind)
    parts = [_part(kind, customer_id, query) for kind in kinds]
    entries = union_all(*(select(part) for part in parts)).subquery()
    keyset = _keyset(query.sort, entries.c.created_at, entries.c.id)
    connection = await session.connection()
    found = await connection.execute(keyset.apply(select(entries), query.cursor, query.limit))
    rows = [TimelineEntry.model_validate(row._asdict()) for row in found]
    page = keyset.page(rows, query.limit)
    if query.total:
        models = [_SOURCES[kind].model for kind in kinds]
        ids = union_all(
            *(select(each.id).where(each.customer_id == customer_id) for each in models)
        )
        some = ids.limit(MAX_COUNTED).subquery()
        page.total = (await connection.execute(select(func.count()).select_from(some))).scalar_one()
    return page


def _part(kind: TimelineKind, customer_id: UUID, query: TimelineQuery) -> Subquery:
    source = _SOURCES[kind]
    model = source.model
    rows: Select[Any] = select(
        literal(kind.value).label("kind"),
        model.id,
        source.title.label("title"),
        cast(source.status, String).label("status"),
        model.created_at,
    ).where(model.customer_id == customer_id)
    keyset = _keyset(query.sort, model.created_at, model.id)
    return keyset.apply(rows, query.cursor, query.limit).subquery()


def _keyset(
    sort_name: str, created_at: ColumnElement[Any], row_id: ColumnElement[Any]
) -> Keyset[TimelineEntry]:
    sort = Sort[TimelineEntry](created_at, attrgetter("created_at"), MOMENT)
    return Keyset("timeline", sort_name, sort, row_id)
