import asyncio
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from backend.core.database import Database
from backend.core.errors import ConflictError, InvalidInputError
from backend.core.scopes import SYSTEM
from backend.repositories.sql.platform.constraints import EXPLAINED, explain
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import make_task, make_user


async def test_a_reading_unit_refuses_to_add(uow: SqlUnitOfWorkFactory) -> None:
    async with uow.reading(SYSTEM) as unit:
        with pytest.raises(RuntimeError, match="can't write"):
            await unit.tasks.save(make_task())


async def test_a_reading_unit_refuses_to_change(uow: SqlUnitOfWorkFactory) -> None:
    task = make_task()
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()

    async with uow.reading(SYSTEM) as reading:
        read = await reading.tasks.get(task.id)
        with pytest.raises(AttributeError):
            read.title = "Changed"
        with pytest.raises(RuntimeError, match="can't write"):
            await reading.tasks.save(read)


async def test_a_reading_unit_refuses_to_delete(uow: SqlUnitOfWorkFactory) -> None:
    task = make_task()
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()

    async with uow.reading(SYSTEM) as reading:
        with pytest.raises(RuntimeError, match="can't write"):
            await reading.tasks.delete(await reading.tasks.get(task.id))


async def test_units_at_once_do_not_share_rows(uow: SqlUnitOfWorkFactory) -> None:
    kept, dropped = make_task(), make_task()

    async def keep() -> None:
        async with uow(SYSTEM) as unit:
            await unit.tasks.save(kept)
            await asyncio.sleep(0.01)
            await unit.commit()

    async def drop() -> None:
        async with uow(SYSTEM) as unit:
            await unit.tasks.save(dropped)
            await asyncio.sleep(0.02)

    await asyncio.gather(keep(), drop())

    async with uow.reading(SYSTEM) as reading:
        assert await reading.tasks.find(kept.id)
        assert await reading.tasks.find(dropped.id) is None


async def test_a_locked_row_makes_the_next_unit_wait(uow: SqlUnitOfWorkFactory) -> None:
    task = make_task()
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()
    order = []

    async def change(name: str, pause: float) -> None:
        async with uow(SYSTEM) as unit:
            await unit.tasks.get(task.id, for_update=True)
            order.append(f"{name} has it")
            await asyncio.sleep(pause)
            order.append(f"{name} lets go")
            await unit.commit()

    first = asyncio.create_task(change("first", 0.1))
    await asyncio.sleep(0.03)
    await asyncio.gather(first, change("second", 0))

    assert order == ["first has it", "first lets go", "second has it", "second lets go"]


async def test_a_known_constraint_becomes_a_domain_error(uow: SqlUnitOfWorkFactory) -> None:
    async with uow(SYSTEM) as unit:
        await unit.users.save(make_user(email="one@example.com"))
        with pytest.raises(ConflictError, match="e-mail"):
            await unit.users.save(make_user(email="one@example.com"))


async def test_an_unknown_constraint_stays_what_it_is(
    uow: SqlUnitOfWorkFactory, database: Database
) -> None:
    task = make_task()
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()

    async with database.writing_session() as session:
        session.add(make_task(id=task.id))
        with pytest.raises(IntegrityError, match="pk_tasks") as unknown:
            await session.flush()

    assert isinstance(unknown.value, EXPLAINED)
    with pytest.raises(IntegrityError, match="pk_tasks"):
        explain(unknown.value)


async def test_a_reference_that_a_query_writes_early_names_the_field(
    uow: SqlUnitOfWorkFactory,
) -> None:
    task = make_task()
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()

    async def change_and_query() -> None:
        async with uow(SYSTEM) as unit:
            changed = await unit.tasks.get(task.id, for_update=True)
            changed.customer_id = uuid4()
            await unit.tasks.known([task.id])

    with pytest.raises(InvalidInputError, match="There is no customer with this id") as refused:
        await change_and_query()

    assert refused.value.field == "customer_id"
