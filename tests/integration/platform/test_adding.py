"""New rows and what they announce: in one statement where there is nothing else in the unit."""

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.core.config import Settings
from backend.core.database import Database, libpq_url
from backend.core.errors import ConflictError, InvalidInputError
from backend.core.permissions import Means, SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.platform.audit_events import Event
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.sales.products import Product
from backend.models.tasks.tasks import Task, TaskQuery
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.platform.change_events import created
from tests.factories import make_customer, make_lead, make_product, make_task, make_user
from tests.fixtures.statements import sent_statements


@pytest.fixture
def announcing(database: Database) -> SqlUnitOfWorkFactory:
    """Each event starts two jobs."""
    return SqlUnitOfWorkFactory(
        database,
        Means.API,
        lambda event: [
            JobRequest("first", Queue.EVENTS, {"event_id": str(event.id)}),
            JobRequest("second", Queue.MAIL, {"text": 'it\'s "quoted", {braced} and %s'}),
        ],
    )


async def test_a_row_its_event_jobs_and_notices_are_one_statement(
    announcing: SqlUnitOfWorkFactory, database: Database, settings: Settings
) -> None:
    task = make_task()
    with psycopg.connect(libpq_url(settings.database), autocommit=True) as listening:
        listening.execute(f'LISTEN "{Channel.NOTIFICATIONS}"')

        with sent_statements() as statements:
            async with announcing(SYSTEM) as unit:
                await unit.tasks.add_new(task)
                unit.record(created(SubjectKind.TASK, task, None))
                unit.notify(Channel.NOTIFICATIONS, "one")
                unit.notify(Channel.NOTIFICATIONS, "other")
                await unit.commit()

        heard = [notice.payload for notice in listening.notifies(timeout=5, stop_after=2)]
    assert len(statements) == 1
    assert heard == ["one", "other"]
    async with database.reading_session() as session:
        [found] = (await session.exec(select(Task))).all()
        [event] = (await session.exec(select(Event))).all()
        jobs = await session.connection()
        rows = await jobs.execute(
            text("SELECT task_name, queue_name, args, status FROM procrastinate_jobs ORDER BY id")
        )
        deferred = [tuple(row) for row in rows]
    assert found == task
    assert (event.subject_id, event.type) == (task.id, "task.created")
    assert deferred == [
        ("first", "events", {"event_id": str(event.id)}, "todo"),
        ("second", "mail", {"text": 'it\'s "quoted", {braced} and %s'}, "todo"),
    ]


async def test_what_is_refused_leaves_nothing(
    announcing: SqlUnitOfWorkFactory, database: Database
) -> None:
    async with announcing(SYSTEM) as unit:
        await unit.products.add_new(make_product(sku="A-1"))
        await unit.commit()
    again = make_product(sku="A-1")

    with pytest.raises(ConflictError, match="SKU"):
        await add(announcing, again)

    assert await counts(database) == (0, 0)


async def test_a_reference_to_nothing_names_the_field(announcing: SqlUnitOfWorkFactory) -> None:
    task = make_task(customer_id=make_customer().id)

    with pytest.raises(InvalidInputError) as refused:
        await add(announcing, task)

    assert refused.value.field == "customer_id"


async def test_without_a_commit_nothing_is_written(
    announcing: SqlUnitOfWorkFactory, database: Database
) -> None:
    task = make_task()
    async with announcing(SYSTEM) as unit:
        await unit.tasks.add_new(task)
        unit.record(created(SubjectKind.TASK, task, None))

    assert await counts(database) == (0, 0)
    async with announcing.reading(SYSTEM) as reading:
        assert await reading.tasks.find(task.id) is None


async def test_what_waits_is_there_for_whatever_the_unit_asks_next(
    announcing: SqlUnitOfWorkFactory, database: Database
) -> None:
    first, second = make_task(), make_task()
    async with announcing(SYSTEM) as unit:
        await unit.tasks.add_new(first)
        assert await unit.tasks.known([first.id, second.id]) == {first.id}
        await unit.tasks.add_new(second)
        unit.record(created(SubjectKind.TASK, second, None))
        await unit.commit()

    async with announcing.reading(SYSTEM) as reading:
        assert {row.id for row in await reading.tasks.find_many([first.id, second.id])} == {
            first.id,
            second.id,
        }
    assert await counts(database) == (1, 2)


async def test_a_list_is_read_in_a_writing_unit_with_what_waits(
    announcing: SqlUnitOfWorkFactory,
) -> None:
    task = make_task()
    async with announcing(SYSTEM) as unit:
        await unit.tasks.add_new(task)
        page = await unit.tasks.page(TaskQuery())

    assert [row.id for row in page.items] == [task.id]


async def test_a_job_is_deferred_behind_what_waits(
    announcing: SqlUnitOfWorkFactory, database: Database
) -> None:
    task = make_task()
    async with announcing(SYSTEM) as unit:
        await unit.tasks.add_new(task)
        job_id = await unit.defer(JobRequest("third", Queue.EVENTS, {}))
        await unit.commit()

    assert job_id > 0
    async with announcing.reading(SYSTEM) as reading:
        assert await reading.tasks.find(task.id) == task
    assert await counts(database) == (0, 1)


async def test_rows_with_relations_are_added_with_them(announcing: SqlUnitOfWorkFactory) -> None:
    owner, product = make_user(), make_product()
    lead = make_lead(owner_id=owner.id)
    lead.set_products([product.id])
    async with announcing(SYSTEM) as unit:
        await unit.users.add_new(owner)
        await unit.products.add_new(product)
        await unit.leads.add_new(lead)
        await unit.commit()

    async with announcing.reading(SYSTEM) as reading:
        assert (await reading.leads.get(lead.id)).product_ids == [product.id]


async def test_an_empty_unit_asks_for_nothing(announcing: SqlUnitOfWorkFactory) -> None:
    with sent_statements() as statements:
        async with announcing(SYSTEM) as unit:
            await unit.commit()

    assert statements == []


async def add(uow: SqlUnitOfWorkFactory, row: Product | Task) -> None:
    async with uow(SYSTEM) as unit:
        if isinstance(row, Task):
            await unit.tasks.add_new(row)
            unit.record(created(SubjectKind.TASK, row, None))
        else:
            await unit.products.add_new(row)
            unit.record(created(SubjectKind.PRODUCT, row, None))
        await unit.commit()


async def counts(database: Database) -> tuple[int, int]:
    """How many events and jobs there are."""
    [(events,)] = await database.statements.run("SELECT count(*) FROM events", {})
    [(jobs,)] = await database.statements.run("SELECT count(*) FROM procrastinate_jobs", {})
    return events, jobs
