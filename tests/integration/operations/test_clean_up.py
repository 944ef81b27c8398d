"""What had its time goes, and nothing else does."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.platform.job_requests import JobRequest, Queue
from backend.repositories.operations.retention import Expiring
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.operations import retention as clean_up
from backend.services.operations.retention import CleanUpService, Retention
from backend.wiring import files_services
from tests.factories import make_user
from tests.fixtures.jobs import Jobs

DAY = timedelta(days=1)
RETENTION: Retention = dict.fromkeys(Expiring, DAY) | {Expiring.EVENTS: 40 * DAY}
OLD, YOUNG = "now() - interval '50 days'", "now() - interval '1 hour'"
SOON = "now() + interval '1 day'"
Rows = list[Mapping[str, str]]

# By table: columns that every row has, rows that go, and rows that stay. Values are SQL.
EXPIRING: Mapping[str, tuple[Mapping[str, str], Rows, Rows]] = {
    "idempotent_requests": (
        {"user_id": ":user", "fingerprint": "'f'", "resource_id": "gen_random_uuid()"},
        [{"key": "'old'", "created_at": OLD}],
        [{"key": "'young'", "created_at": YOUNG}],
    ),
    "sessions": (
        {"user_id": ":user", "created_at": OLD, "last_used_at": OLD},
        [{"expires_at": OLD}, {"expires_at": SOON, "revoked_at": OLD}],
        [{"expires_at": SOON}, {"expires_at": YOUNG}, {"expires_at": SOON, "revoked_at": YOUNG}],
    ),
    "refresh_tokens": (
        {"session_id": ":session", "created_at": OLD},
        [{"token_hash": "'old'", "used_at": OLD}],
        [{"token_hash": "'young'", "used_at": YOUNG}, {"token_hash": "'unused'"}],
    ),
    "account_tokens": (
        {"purpose": "'verify_email'", "email": "'ada@example.com'", "created_at": OLD},
        [{"token_hash": "'old'", "expires_at": OLD}],
        [{"token_hash": "'live'", "expires_at": SOON}],
    ),
    "personal_changes": (
        {"person_id": ":user", "changes": "'{}'"},
        [{"occurred_at": OLD}],
        [{"occurred_at": YOUNG}],
    ),
    "provider_sign_ins": (
        {
            "provider": "'google'",
            "subject": "'somebody'",
            "is_email_verified": "false",
            "code_challenge": "'c'",
        },
        [{"code_hash": "'old'", "expires_at": OLD}],
        [{"code_hash": "'live'", "expires_at": SOON}],
    ),
    "used_challenges": ({}, [{"expires_at": OLD}], [{"expires_at": SOON}]),
    "mails": (
        {
            "kind": "'notification'",
            "recipient": "'a@example.com'",
            "payload": "'{}'",
            "attempts": "1",
        },
        [
            {"dedup_key": "'sent'", "created_at": OLD, "sent_at": OLD},
            {"dedup_key": "'refused'", "created_at": OLD, "refused_at": OLD},
        ],
        [
            {"dedup_key": "'young'", "created_at": YOUNG, "sent_at": YOUNG},
            {"dedup_key": "'new'", "created_at": YOUNG},
        ],
    ),
    "notifications": (
        {
            "user_id": ":user",
            "kind": "'task_assigned'",
            "title": "'A task was assigned to you'",
            "text": "'Call'",
            "subject_kind": "'task'",
            "subject_id": "gen_random_uuid()",
            "event_id": "gen_random_uuid()",
        },
        [{"created_at": OLD}, {"created_at": OLD, "read_at": YOUNG}],
        [{"created_at": YOUNG}, {"created_at": YOUNG, "read_at": YOUNG}],
    ),
    "usage_records": (
        {
            "owner_id": ":user",
            "provider": "'offline'",
            "model": "'offline'",
            "deadline_at": OLD,
            **dict.fromkeys(("held_model_calls", "held_tokens", "held_seconds", "held_cost"), "1"),
            **dict.fromkeys(("model_calls", "tool_calls", "input_tokens", "output_tokens"), "1"),
            "seconds": "1",
        },
        [{"started_at": OLD}],
        [{"started_at": YOUNG}],
    ),
    "planned_actions": (
        {
            "owner_id": ":user",
            "tool": "'delete_task'",
            "plan": "'Delete it.'",
            "status": "'planned'",
            "arguments": "'{}'",
            "version": "1",
            "created_at": OLD,
            "updated_at": OLD,
        },
        [{"expires_at": OLD}],
        [{"expires_at": YOUNG}],
    ),
    "mail_requests": (
        {"account_hash": "'a'", "address_hash": "'b'"},
        [
            {"requested_at": "now() - interval '25 hours'"},
            {"requested_at": OLD, "email": "'ada@example.com'"},
        ],
        [
            {"requested_at": YOUNG},
            {"requested_at": "now() - interval '3 days'", "email": "'ada@example.com'"},
        ],
    ),
}


@pytest.fixture
def service(uow: SqlUnitOfWorkFactory, settings: Settings) -> CleanUpService:
    return CleanUpService(uow, files_services(settings, uow).contents, RETENTION)


async def insert(database: Database, table: str, row: Mapping[str, str]) -> str:
    """A row; answers its id. `:user` and `:session` are made for it."""
    values = {"id": f"'{uuid4()}'::uuid", **row}
    names, given = ", ".join(values), ", ".join(values.values())
    async with database.engine.connect() as connection:
        people = await connection.execute(text("SELECT id FROM users LIMIT 1"))
        owner = people.scalar_one()
        session = await connection.scalar(text("SELECT id FROM sessions LIMIT 1"))
        given = given.replace(":user", f"'{owner}'").replace(":session", f"'{session}'")
        insertion = (
            f"INSERT INTO {table} ({names}) VALUES ({given}) RETURNING id::text"  # noqa: S608
        )
        return str((await connection.execute(text(insertion))).scalar_one())


async def ids_in(database: Database, table: str, column: str = "id") -> set[str]:
    async with database.engine.connect() as connection:
        rows = await connection.execute(text(f"SELECT {column}::text FROM {table}"))  # noqa: S608
        return set(rows.scalars())


@pytest.fixture
async def session_id(uow: SqlUnitOfWorkFactory, database: Database) -> str:
    """A session that stays, of a user."""
    user = make_user()
    async with uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.commit()
    return await insert(
        database,
        "sessions",
        {"user_id": ":user", "created_at": OLD, "last_used_at": OLD, "expires_at": SOON},
    )


@pytest.mark.parametrize("table", EXPIRING)
async def test_what_has_expired_goes(
    service: CleanUpService, database: Database, session_id: str, table: str
) -> None:
    always, going, staying = EXPIRING[table]
    for row in going:
        await insert(database, table, {**always, **row})
    kept = {await insert(database, table, {**always, **row}) for row in staying}

    for what in (*Expiring, *Expiring):
        await service.remove(what)

    assert await ids_in(database, table) - {session_id} == kept


UNDONE: Mapping[str, tuple[Mapping[str, str], str]] = {
    "mails": (
        {**EXPIRING["mails"][0], "created_at": OLD, "dedup_key": "gen_random_uuid()"},
        "mail_id",
    ),
    "incoming_messages": (
        {
            "source": "'tasks'",
            "type": "'task.requested'",
            "data": "'{}'",
            "message_id": "gen_random_uuid()",
            "received_at": OLD,
        },
        "message_id",
    ),
}
"""By table: a row that a job has not done yet, and the argument of the job that names it."""


@pytest.mark.usefixtures("session_id")
@pytest.mark.parametrize("table", UNDONE)
async def test_what_waits_for_a_job_stays_as_long_as_the_job(
    service: CleanUpService, database: Database, uow: SqlUnitOfWorkFactory, table: str
) -> None:
    row, argument = UNDONE[table]
    waiting = await insert(database, table, row)
    await insert(database, table, row)
    async with uow(SYSTEM) as unit:
        await unit.defer(JobRequest("unknown", Queue.EVENTS, {argument: waiting}))
        await unit.commit()

    await service.remove(Expiring(table))

    assert await ids_in(database, table) == {waiting}


async def test_more_than_one_batch_goes(
    service: CleanUpService,
    database: Database,
    session_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clean_up, "_ROW_BATCH", 2)
    always, (going,), _ = EXPIRING["refresh_tokens"]
    for number in range(5):
        await insert(database, "refresh_tokens", {**always, **going, "token_hash": f"'{number}'"})

    await service.remove(Expiring.REFRESH_TOKENS)

    assert await ids_in(database, "refresh_tokens") == set()


async def test_jobs_go_after_their_end(
    service: CleanUpService, database: Database, uow: SqlUnitOfWorkFactory, jobs: Jobs
) -> None:
    async with uow(SYSTEM) as unit:
        ids = [await unit.defer(JobRequest("unknown", Queue.EVENTS)) for _ in range(4)]
        await unit.commit()
    ends = {ids[0]: ("failed", OLD), ids[1]: ("cancelled", OLD), ids[3]: ("succeeded", YOUNG)}
    async with database.engine.connect() as connection:
        for job_id, (status, moment) in ends.items():
            changes = f"UPDATE procrastinate_jobs SET status = '{status}' WHERE id = {job_id}"  # noqa: S608
            await connection.execute(text(changes))
            events = f"UPDATE procrastinate_events SET at = {moment} WHERE job_id = {job_id}"  # noqa: S608
            await connection.execute(text(events))
        waiting = (
            f"UPDATE procrastinate_events SET at = {OLD} WHERE job_id = {ids[2]}"  # noqa: S608
        )
        await connection.execute(text(waiting))
        for job_id in ids:
            failure = (
                f"INSERT INTO job_failures VALUES ({job_id}, 1, 'broken', {OLD})"  # noqa: S608
            )
            await connection.execute(text(failure))

    await service.remove(Expiring.JOBS)

    assert await ids_in(database, "procrastinate_jobs") == {str(ids[2]), str(ids[3])}
    assert await ids_in(database, "job_failures", "job_id") == {str(ids[2]), str(ids[3])}


@pytest.mark.parametrize("kept_for", [None, 40 * DAY])
async def test_events_go_only_where_that_is_set(
    uow: SqlUnitOfWorkFactory,
    settings: Settings,
    database: Database,
    kept_for: timedelta | None,
) -> None:
    always = {
        "type": "'task.created'",
        "subject_kind": "'task'",
        "means": "'api'",
        "changes": "'{}'",
    }
    async with uow(SYSTEM) as unit:
        await unit.users.save(make_user())
        await unit.commit()
    old = await insert(database, "events", {**always, "occurred_at": OLD})
    young = await insert(database, "events", {**always, "occurred_at": YOUNG})
    keep = {**RETENTION, Expiring.EVENTS: kept_for}

    await CleanUpService(uow, files_services(settings, uow).contents, keep).remove(Expiring.EVENTS)

    assert await ids_in(database, "events") == ({old, young} if kept_for is None else {young})


async def test_the_schedule_runs_each_clean_up(jobs: Jobs) -> None:
    names = {"remove_orphaned_files", *(f"remove_{what}" for what in Expiring)}
    assert names <= jobs.app.tasks.keys()
    for name in (*names, "end_abandoned_executions"):
        await jobs.app.tasks[name](timestamp=0)
