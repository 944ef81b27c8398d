"""A changed row and what it announces: in one statement, if nobody else changes it meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from backend.core.attempts import RowChangedError, optimistic_attempt, retried
from backend.core.database import Database
from backend.core.errors import ConflictError, InvalidInputError
from backend.core.permissions import Means, SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.mixins import new_id
from backend.models.sales.products import Product
from backend.models.tasks.tasks import Task, TaskPriority
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.repositories.unit_of_work import UnitOfWork
from backend.services.platform.change_events import created, updated
from tests.factories import make_product, make_task
from tests.fixtures.people import Person
from tests.fixtures.statements import sent_statements


@pytest.fixture
def announcing(database: Database) -> SqlUnitOfWorkFactory:
    """Each event starts a job."""
    return SqlUnitOfWorkFactory(
        database,
        Means.API,
        lambda event: [JobRequest("told", Queue.EVENTS, {"event_id": str(event.id)})],
    )


@pytest.fixture
async def task(uow: SqlUnitOfWorkFactory) -> Task:
    made = make_task(title="Sweep the yard")
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(made)
        await unit.commit()
    return made


@asynccontextmanager
async def changing(
    uow: SqlUnitOfWorkFactory, task_id: UUID
) -> AsyncIterator[tuple[UnitOfWork, Task]]:
    """Changes a task and commits, if nobody else does meanwhile."""
    with optimistic_attempt():
        async with uow(SYSTEM) as unit:
            row = await unit.tasks.get(task_id, for_update=True)
            yield unit, row
            await unit.tasks.save(row)
            unit.record(updated(SubjectKind.TASK, row, {}, None))
            await unit.commit()


async def rename(uow: SqlUnitOfWorkFactory, task_id: UUID, title: str) -> None:
    async with uow(SYSTEM) as unit:
        row = await unit.tasks.get(task_id, for_update=True)
        row.title = title
        await unit.tasks.save(row)
        await unit.commit()


async def kept(uow: SqlUnitOfWorkFactory, task_id: UUID) -> Task:
    async with uow.reading(SYSTEM) as reading:
        return await reading.tasks.get(task_id)


async def counts(database: Database) -> tuple[int, int]:
    """How many events and jobs there are."""
    [(events,)] = await database.statements.run("SELECT count(*) FROM events", {})
    [(jobs,)] = await database.statements.run("SELECT count(*) FROM procrastinate_jobs", {})
    return events, jobs


async def test_a_changed_row_with_event_and_job_is_one_statement(
    announcing: SqlUnitOfWorkFactory, database: Database, task: Task
) -> None:
    with sent_statements() as statements:
        async with changing(announcing, task.id) as (_, row):
            row.title = "Sweep the attic"
            row.priority = TaskPriority.URGENT

    assert len(statements) == 2
    found = await kept(announcing, task.id)
    assert (found.title, found.priority, found.version) == ("Sweep the attic", "urgent", 2)
    assert found.updated_at > task.updated_at
    assert row == found
    assert await counts(database) == (1, 1)


async def test_what_is_set_to_what_it_was_moves_no_version(
    announcing: SqlUnitOfWorkFactory, database: Database, task: Task
) -> None:
    async with changing(announcing, task.id) as (_, row):
        row.title = str(task.title)

    assert (await kept(announcing, task.id)).version == 1
    assert await counts(database) == (1, 1)


async def another_title(uow: SqlUnitOfWorkFactory, task: Task) -> None:
    await rename(uow, task.id, "Sweep the roof")


async def deleted(uow: SqlUnitOfWorkFactory, task: Task) -> None:
    async with uow(SYSTEM) as unit:
        await unit.tasks.delete(await unit.tasks.get(task.id))
        await unit.commit()


@pytest.mark.parametrize("meanwhile", [another_title, deleted])
@pytest.mark.parametrize("is_set", [True, False], ids=["changed", "looked at"])
async def test_a_row_that_moved_meanwhile_is_not_written_and_nothing_is_told(
    announcing: SqlUnitOfWorkFactory,
    uow: SqlUnitOfWorkFactory,
    database: Database,
    task: Task,
    meanwhile: Callable[[SqlUnitOfWorkFactory, Task], Coroutine[Any, Any, None]],
    is_set: bool,
) -> None:
    async def change() -> None:
        async with changing(announcing, task.id) as (_, row):
            await meanwhile(uow, task)
            if is_set:
                row.title = "Sweep the attic"

    with pytest.raises(RowChangedError):
        await change()

    assert await counts(database) == (0, 0)


async def test_a_row_that_somebody_holds_is_not_waited_for(
    announcing: SqlUnitOfWorkFactory, uow: SqlUnitOfWorkFactory, database: Database, task: Task
) -> None:
    async def change() -> None:
        async with changing(announcing, task.id) as (_, row):
            row.title = "Sweep the attic"

    async with uow(SYSTEM) as holder:
        await holder.tasks.get(task.id, for_update=True)
        with pytest.raises(RowChangedError):
            await change()

    assert await counts(database) == (0, 0)


async def test_elsewhere_the_row_is_locked(uow: SqlUnitOfWorkFactory, task: Task) -> None:
    async with uow(SYSTEM) as unit:
        await unit.tasks.get(task.id, for_update=True)
        renaming = asyncio.create_task(rename(uow, task.id, "Sweep the attic"))
        done, _ = await asyncio.wait([renaming], timeout=0.3)
        assert not done
    await renaming


async def test_whatever_else_the_unit_asks_it_asks_behind_a_lock(
    announcing: SqlUnitOfWorkFactory, uow: SqlUnitOfWorkFactory, task: Task
) -> None:
    async with changing(announcing, task.id) as (unit, row):
        row.title = "Sweep the attic"
        assert await unit.tasks.known([task.id]) == {task.id}
        # Another task, which could not begin again: it waits.
        renaming = asyncio.create_task(rename(uow, task.id, "Sweep the roof"))
        done, _ = await asyncio.wait([renaming], timeout=0.3)
        assert not done
        assert await unit.tasks.get(task.id) is row
    await renaming

    assert row.version == 2
    found = await kept(announcing, task.id)
    assert (found.title, found.version) == ("Sweep the roof", 3)


async def test_what_was_saved_is_there_for_statements_past_the_session(
    announcing: SqlUnitOfWorkFactory, task: Task
) -> None:
    async with changing(announcing, task.id) as (unit, row):
        row.title = "Sweep the attic"
        await unit.tasks.save(row)
        await unit.tasks.add_missing([make_task()])

    found = await kept(announcing, task.id)
    assert (found.title, found.version) == ("Sweep the attic", 2)


async def test_a_row_that_has_moved_is_not_asked_behind(
    announcing: SqlUnitOfWorkFactory, uow: SqlUnitOfWorkFactory, task: Task
) -> None:
    async def change() -> None:
        async with changing(announcing, task.id) as (unit, row):
            row.title = "Sweep the attic"
            await rename(uow, task.id, "Sweep the roof")
            await unit.tasks.known([task.id])

    with pytest.raises(RowChangedError):
        await change()

    assert (await kept(announcing, task.id)).title == "Sweep the roof"


async def test_a_new_row_is_added_with_the_changed_one_or_not_at_all(
    announcing: SqlUnitOfWorkFactory, uow: SqlUnitOfWorkFactory, database: Database, task: Task
) -> None:
    first, second = make_task(), make_task()

    async def add_beside(new: Task, *, meanwhile: str | None = None) -> None:
        async with changing(announcing, task.id) as (unit, row):
            row.title = f"Sweep beside {new.title}"
            await unit.tasks.add_new(new)
            unit.record(created(SubjectKind.TASK, new, None))
            if meanwhile:
                await rename(uow, task.id, meanwhile)

    with sent_statements() as statements:
        await add_beside(first)
    assert len(statements) == 2
    with pytest.raises(RowChangedError):
        await add_beside(second, meanwhile="Sweep the roof")

    async with uow.reading(SYSTEM) as reading:
        assert await reading.tasks.known([first.id, second.id]) == {first.id}
    assert await counts(database) == (2, 2)


async def test_what_is_refused_names_the_field_or_says_why(
    announcing: SqlUnitOfWorkFactory, database: Database, task: Task
) -> None:
    products = [make_product(sku="B-1"), make_product(sku="B-2")]
    async with announcing(SYSTEM) as unit:
        await unit.products.save_many(products)
        await unit.commit()

    async def give_to_nobody() -> None:
        async with changing(announcing, task.id) as (_, row):
            row.customer_id = new_id()

    with pytest.raises(InvalidInputError) as refused:
        await give_to_nobody()
    with pytest.raises(ConflictError, match="SKU"):
        await give_sku(announcing, products[1].id, "B-1")

    assert refused.value.field == "customer_id"
    assert await counts(database) == (0, 0)


async def give_sku(uow: SqlUnitOfWorkFactory, product_id: UUID, sku: str) -> Product:
    with optimistic_attempt():
        async with uow(SYSTEM) as unit:
            product = await unit.products.get(product_id, for_update=True)
            product.sku = sku
            await unit.products.save(product)
            await unit.commit()
    return product


async def test_everybody_who_changes_one_row_at_once_succeeds(member: Person, task: Task) -> None:
    titles = [f"Sweep floor {number}" for number in range(8)]

    answers = await asyncio.gather(
        *(member.patch(f"/tasks/{task.id}", json={"title": title}) for title in titles)
    )

    assert [answer.status_code for answer in answers] == [200] * len(titles)
    versions = sorted(answer.json()["version"] for answer in answers)
    assert versions == list(range(2, len(titles) + 2))


async def test_who_begins_again_waits_for_whoever_holds_the_row(
    uow: SqlUnitOfWorkFactory, task: Task
) -> None:
    attempts: list[None] = []

    @retried
    async def change() -> None:
        attempts.append(None)
        await rename(uow, task.id, "Sweep the attic")

    async with uow(SYSTEM) as holder:
        await holder.tasks.get(task.id, for_update=True)
        changed = asyncio.create_task(change())
        await asyncio.wait([changed], timeout=0.3)
        assert not changed.done()
    await changed

    assert len(attempts) == 2
    assert (await kept(uow, task.id)).title == "Sweep the attic"
