from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select

from backend.core.permissions import Permission, Principal
from backend.models.files.files import File, FileQuery, FileUsage
from backend.models.platform.paging import Page
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import BIG_COUNT, MOMENT, by_column, by_name
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.named_locks import lock

_FILTERS = ("owner_id", "customer_id", "lead_id", "task_id", "module_id")


def visible_files(by: Principal) -> ColumnElement[bool]:
    """The caller's own files, and the team's if they may read those."""
    own = col(File.owner_id) == by.user_id
    subjects = (col(File.customer_id), col(File.lead_id), col(File.task_id))
    of_the_team = (subject.is_not(None) for subject in subjects)
    return or_(own, *of_the_team) if by.may(Permission.FILES_READ) else own


class SqlFileRepository(SqlList[File, FileQuery]):
    model = File
    kind = "file"
    sorts = {
        "created_at": by_column(File.created_at, MOMENT),
        "name": by_name(File.name),
        "size": by_column(File.size, BIG_COUNT),
    }

    async def page_visible_to(self, by: Principal, query: FileQuery) -> Page[File]:
        return await self._page(query, visible_files(by), *self.conditions(query))

    async def usage_of(self, owner_id: UUID) -> FileUsage:
        amounts = select(func.count(), func.coalesce(func.sum(File.size), 0))
        row = (await self._session.exec(amounts.where(File.owner_id == owner_id))).one()
        return FileUsage(row[0], int(row[1]))

    async def lock_usage_of(self, owner_id: UUID) -> FileUsage:
        # A lock of the rows would not stop somebody from adding one.
        await lock(self._session, f"files of {owner_id}")
        return await self.usage_of(owner_id)

    async def leave_module(self, module_id: UUID) -> list[UUID]:
        return await self._change_all(col(File.module_id) == module_id, module_id=None)

    def conditions(self, query: FileQuery) -> Iterator[ColumnElement[bool]]:
        if query.media_type:
            yield one_of(File.media_type, query.media_type)
        for name in _FILTERS:
            wanted = getattr(query, name)
            if wanted is not None:
                yield getattr(File, name) == wanted
