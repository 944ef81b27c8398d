from collections.abc import Iterable
from typing import Any
from uuid import UUID

from backend.core.attempts import retried
from backend.core.errors import ConflictError, InvalidInputError, unknown_reference
from backend.core.permissions import Principal, SubjectKind
from backend.models.platform.domain_events import (
    Changes,
    DomainEvent,
    ModuleCreated,
    ResourceChanged,
    changes_between,
)
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.models.platform.paging import Page
from backend.models.tasks.modules import (
    MAX_MODULES,
    Module,
    ModuleCreate,
    ModuleOrder,
    ModuleQuery,
    ModuleSort,
    ModuleUpdate,
)
from backend.repositories.tasks.unit import TasksReading, TasksUnit, TasksUnits
from backend.services.platform.crud import CrudService
from backend.services.platform.ownership import is_own, own


class ModuleService(CrudService[TasksUnit, TasksReading, Module, ModuleQuery, ModuleUpdate]):
    """A person's own workspaces. Other people's are not found, whatever the role.

    The tasks, files and chats of a deleted module are kept without a module.
    """

    def __init__(self, uow: TasksUnits) -> None:
        super().__init__(uow, SubjectKind.MODULE, lambda unit: unit.modules)

    async def create(
        self, data: ModuleCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Module]:
        """Add a module after the others. Raises ConflictError if there are MAX_MODULES."""
        module = Module.from_input(data, owner_id=by.user_id, position=0)
        return await self._add(module, by, key)

    @retried
    async def reorder(self, data: ModuleOrder, by: Principal) -> Page[Module]:
        """Raises InvalidInputError unless each of the caller's modules is named exactly once."""
        async with self._uow(by) as uow:
            modules = await uow.modules.lock_all_of(by.user_id)
            before = [module.id for module in modules]
            if sorted(data.module_ids) != sorted(before):
                raise InvalidInputError(
                    "module_ids", "Name each of your modules once, and nothing else."
                )
            await uow.modules.reorder(data.module_ids)
            if data.module_ids != before:
                uow.record(_reordered(before, data.module_ids, by))
            await uow.commit()
        async with self._uow.reading(by) as reading:
            query = ModuleQuery(sort=ModuleSort.POSITION, limit=MAX_MODULES)
            return await reading.modules.page_of(by.user_id, query)

    async def _get(
        self, uow: TasksReading, row_id: UUID, by: Principal, *, for_update: bool = False
    ) -> Module:
        return await own(uow.modules, row_id, by, for_update=for_update)

    async def _page(self, uow: TasksReading, query: ModuleQuery, by: Principal) -> Page[Module]:
        return await uow.modules.page_of(by.user_id, query)

    async def _check_new(self, uow: TasksUnit, row: Module, by: Principal) -> None:
        others = await uow.modules.lock_all_of(by.user_id)
        if len(others) >= MAX_MODULES:
            raise ConflictError(f"You have {MAX_MODULES} modules; delete one first.")
        row.position = max((other.position for other in others), default=0) + 1

    async def _let_go(self, uow: TasksUnit, row: Module) -> dict[str, Any]:
        return {
            name: list(map(str, await rows.leave_module(row.id)))
            for name, rows in uow.module_contents.items()
        }

    def _events(
        self, row: Module, verb: str, changes: Changes, by: Principal
    ) -> Iterable[DomainEvent]:
        if verb == "created":
            yield ModuleCreated(subject_id=row.id, by=by, changes=changes)
        else:
            yield from super()._events(row, verb, changes, by)


def _reordered(before: list[UUID], after: list[UUID], by: Principal) -> ResourceChanged:
    changes = changes_between(
        {"module_ids": list(map(str, before))}, {"module_ids": list(map(str, after))}
    )
    return ResourceChanged(
        kind=SubjectKind.MODULE, verb="reordered", subject_id=None, by=by, changes=changes
    )


async def check_own_module(
    uow: TasksReading, module_id: UUID | None, by: Principal
) -> Module | None:
    """Check the module, if one is named. Raises InvalidInputError.

    Other people's modules count as unknown.
    """
    if module_id is None:
        return None
    module = await uow.modules.find(module_id)
    if module is None or not is_own(module, by):
        raise unknown_reference("module_id", "module")
    return module
