from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from backend.models.platform.paging import Page
from backend.models.tasks.modules import MAX_MODULES, Module, ModuleQuery
from backend.repositories.sql.platform.keyset import COUNT, MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.named_locks import lock


class SqlModuleRepository(SqlList[Module, ModuleQuery]):
    model = Module
    kind = "module"
    sorts = {
        "position": by_column(Module.position, COUNT),
        "created_at": by_column(Module.created_at, MOMENT),
    }

    async def page_of(self, owner_id: UUID, query: ModuleQuery) -> Page[Module]:
        return await self._page(query, col(Module.owner_id) == owner_id)

    async def lock_all_of(self, owner_id: UUID) -> list[Module]:
        # A lock of the rows would not stop somebody from adding one.
        await lock(self._session, f"modules of {owner_id}")
        modules = select(Module).where(Module.owner_id == owner_id)
        ordered = modules.order_by(col(Module.position), col(Module.id)).limit(MAX_MODULES)
        return list((await self._session.exec(ordered.with_for_update())).all())

    async def reorder(self, module_ids: Sequence[UUID]) -> None:
        place = func.array_position(list(module_ids), col(Module.id))
        moved = (col(Module.id).in_(module_ids), col(Module.position) != place)
        await self._change_all(*moved, position=place)
