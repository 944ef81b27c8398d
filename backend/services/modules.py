from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from backend.core.errors import ConflictError, InvalidInputError, NotFoundError
from backend.core.permissions import Principal
from backend.core.preconditions import Precondition
from backend.models.idempotency import IdempotencyKey
from backend.models.modules import (
    MOST_MODULES,
    Module,
    ModuleCreate,
    ModuleOrder,
    ModuleQuery,
    ModuleSort,
    ModuleUpdate,
)
from backend.models.paging import Page
from backend.repositories.unit_of_work import ReadingUnitOfWork, UnitOfWork, UnitOfWorkFactory


class ModuleService:
    """A person's own workspaces. Somebody else's are not found, whatever the role."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    async def create(
        self, data: ModuleCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Module:
        """Add a module behind the others. Raises ConflictError if there are MOST_MODULES."""
        module = Module.model_validate(data, update={"owner_id": by.user_id, "position": 0})
        async with self._uow() as uow:
            if earlier := await uow.idempotency.claim(key, module.id):
                return await own_module(uow, earlier, by)
            others = await uow.modules.lock_all_of(by.user_id)
            if len(others) >= MOST_MODULES:
                raise ConflictError(f"You have {MOST_MODULES} modules; delete one first.")
            module.position = max((other.position for other in others), default=0) + 1
            await uow.modules.save(module)
            await uow.commit()
        return module

    async def read(self, module_id: UUID, by: Principal) -> Module:
        """Raises NotFoundError."""
        async with self._uow.reading() as uow:
            return await own_module(uow, module_id, by)

    async def page(self, query: ModuleQuery, by: Principal) -> Page[Module]:
        """Raises InvalidCursorError."""
        async with self._uow.reading() as uow:
            return await uow.modules.page_of(by.user_id, query)

    async def update(
        self, module_id: UUID, data: ModuleUpdate, by: Principal, match: Precondition
    ) -> Module:
        """Raises NotFoundError or PreconditionFailedError."""
        async with self._changing(module_id, by, match) as (uow, module):
            module.sqlmodel_update(data.changes())
            await uow.modules.save(module)
        return module

    async def delete(self, module_id: UUID, by: Principal, match: Precondition) -> None:
        """Its tasks and files stay, outside of it. Raises as `update` does."""
        async with self._changing(module_id, by, match) as (uow, module):
            await uow.tasks.leave_module(module_id)
            await uow.files.leave_module(module_id)
            await uow.modules.delete(module)

    async def reorder(self, data: ModuleOrder, by: Principal) -> Page[Module]:
        """Raises InvalidInputError unless the caller's modules are all named, each once."""
        async with self._uow() as uow:
            modules = await uow.modules.lock_all_of(by.user_id)
            if sorted(data.module_ids) != sorted(module.id for module in modules):
                raise InvalidInputError(
                    "module_ids", "Name each of your modules once, and nothing else."
                )
            await uow.modules.reorder(data.module_ids)
            await uow.commit()
        async with self._uow.reading() as reading:
            query = ModuleQuery(sort=ModuleSort.POSITION, limit=MOST_MODULES)
            return await reading.modules.page_of(by.user_id, query)

    @asynccontextmanager
    async def _changing(
        self, module_id: UUID, by: Principal, match: Precondition
    ) -> AsyncIterator[tuple[UnitOfWork, Module]]:
        async with self._uow() as uow:
            module = await own_module(uow, module_id, by, for_update=True)
            match.check(module.version)
            yield uow, module
            await uow.commit()


async def own_module(
    uow: ReadingUnitOfWork, module_id: UUID, by: Principal, *, for_update: bool = False
) -> Module:
    """Raises NotFoundError for a module of somebody else as well."""
    module = await uow.modules.get(module_id, for_update=for_update)
    if module.owner_id != by.user_id:
        raise NotFoundError.of("module", module_id)
    return module
