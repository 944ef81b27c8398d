from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from backend.core.attempts import retried
from backend.core.errors import (
    BulkRefusedError,
    DomainError,
    NotFoundError,
    PreconditionRequiredError,
    unknown_reference,
)
from backend.core.permissions import Principal
from backend.core.preconditions import Precondition
from backend.models.platform.domain_events import changes_between
from backend.models.tasks.task_bulk import TaskBulk, TaskChange
from backend.models.tasks.tasks import Task
from backend.repositories.platform.base import Repository
from backend.repositories.tasks.unit import TasksUnit, TasksUnits
from backend.services.tasks.tasks import change_task, check_may_assign, task_events

_KINDS = {
    "assignee_id": "user",
    "customer_id": "customer",
    "lead_id": "lead",
    "module_id": "module",
}

_Known = dict[str, dict[UUID, Any]]
"""Return the existing rows that changes refer to, by field.

The rules read users and modules one by one, which costs nothing while the unit holds the rows.
"""


class Outcome(NamedTuple):
    """A changed task, or the error of its change."""

    task_id: UUID
    task: Task | None
    error: DomainError | None


class TaskBulkService:
    def __init__(self, uow: TasksUnits, *, require_version: bool = False) -> None:
        """With `require_version`, changes without a version are refused."""
        self._uow = uow
        self._require_version = require_version

    @retried
    async def change(self, data: TaskBulk, by: Principal) -> list[Outcome]:
        """Change many tasks in one transaction, with the same number of reads as for one.

        Raises:
            BulkRefusedError: a change was refused with `all_or_nothing`.
        """
        async with self._uow(by) as uow:
            ids = [change.task_id for change in data.changes]
            tasks = {task.id: task for task in await uow.tasks.find_many(ids, for_update=True)}
            known = await _read_references(uow, data.changes)
            outcomes = [
                await self._change(uow, tasks.get(change.task_id), known, change, by)
                for change in data.changes
            ]
            refused = {place: each.error for place, each in enumerate(outcomes) if each.error}
            if refused and data.all_or_nothing:
                raise BulkRefusedError(refused)
            await uow.tasks.save_many([each.task for each in outcomes if each.task])
            await uow.commit()
        return outcomes

    async def _change(
        self, uow: TasksUnit, task: Task | None, known: _Known, change: TaskChange, by: Principal
    ) -> Outcome:
        try:
            if task is None:
                raise NotFoundError.of("task", change.task_id)
            self._check_version(task, change.version)
            given = change.changes.changes()
            _check_references(given, known, by)
            before = task.facts()
            await change_task(uow, task, given, by)
            if changes := changes_between(before, task.facts()):
                for event in task_events(task, "updated", changes, by):
                    uow.record(event)
        except DomainError as error:
            return Outcome(change.task_id, None, error)
        return Outcome(change.task_id, task, None)

    def _check_version(self, task: Task, version: int | None) -> None:
        if version is not None:
            Precondition(frozenset({version})).check(task.version)
        elif self._require_version:
            raise PreconditionRequiredError("Send the version that you have read of each task.")


async def _read_references(uow: TasksUnit, changes: Sequence[TaskChange]) -> _Known:
    given = [change.changes.changes() for change in changes]
    return {
        field: await _known(repository, _named(given, field))
        for field, repository in uow.task_references.items()
    }


def _named(changes: Sequence[dict[str, Any]], field: str) -> set[UUID]:
    return {change[field] for change in changes if change.get(field)}


async def _known(repository: Repository[Any], ids: Collection[UUID]) -> dict[UUID, Any]:
    return {row.id: row for row in await repository.find_many(ids)} if ids else {}


def _check_references(given: dict[str, Any], known: _Known, by: Principal) -> None:
    """Raises InvalidInputError for one change; the database would refuse all of them."""
    for field, rows in known.items():
        if given.get(field) and given[field] not in rows:
            if field == "assignee_id":
                check_may_assign(given[field], by)
            raise unknown_reference(field, _KINDS[field])
