from collections.abc import Iterator

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from backend.models.assistant.tools import Tool, ToolQuery
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.named_locks import lock


class SqlToolRepository(SqlList[Tool, ToolQuery]):
    model = Tool
    kind = "tool"
    sorts = {
        "name": by_name(Tool.name),
        "created_at": by_column(Tool.created_at, MOMENT),
    }

    async def enabled_names(self) -> set[str]:
        names = select(Tool.name).where(col(Tool.is_enabled))
        return set((await self._session.exec(names)).all())

    async def lock_all(self) -> list[Tool]:
        # A lock of the rows would not stop somebody from adding one.
        await lock(self._session, "tools")
        tools = select(Tool).order_by(Tool.name).with_for_update(**LOCK)
        return list((await self._session.exec(tools)).all())

    def conditions(self, query: ToolQuery) -> Iterator[ColumnElement[bool]]:
        if query.is_enabled is not None:
            yield col(Tool.is_enabled).is_(query.is_enabled)
