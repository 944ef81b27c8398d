"""Deleted organisations are erased once their time has come, unless they are wanted after all."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.core.config import DatabaseSettings, Settings
from backend.core.database import Database
from backend.core.scopes import Within
from backend.core.security import AccessClaims, AccessTokens
from backend.models.identity.organisations import OrganisationCreate
from backend.models.identity.sessions import UserSession
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity.organisation_erasing import OrganisationEraser
from backend.services.identity.organisations import OrganisationService
from tests.fixtures.jobs import Jobs, running_jobs
from tests.fixtures.many_tasks import add_tasks, refuse_more
from tests.fixtures.organisations import Company
from tests.fixtures.people import Person
from tests.fixtures.waiting import waiting

Companies = tuple[Company, Company]
SignedInNowhere = Callable[[Person], Awaitable[Person]]

LONG_AGO = text("UPDATE organisations SET deleted_at = now() - interval '31 days' WHERE id = :id")
_RESTORE = text("UPDATE organisations SET deleted_at = NULL WHERE id = :id")
_MOST = 1_000


@pytest.fixture
def organisations(divided_jobs: Jobs) -> OrganisationService:
    return divided_jobs.services.identity.organisations


@pytest.fixture
async def due(companies: Companies, worker_divided_owner: Database) -> list[UUID]:
    """Both, whose days of grace are over."""
    ids = [company.scope.organisation_id for company in companies]
    async with worker_divided_owner.engine.connect() as connection:
        for each in ids:
            await connection.execute(LONG_AGO, {"id": each})
    return ids


@pytest.fixture
def signed_in_nowhere(divided: Settings, units: SqlUnitOfWorkFactory) -> SignedInNowhere:
    """Somebody in a session of their own, in no organisation."""
    tokens = AccessTokens(divided.security)

    async def sign_in(person: Person) -> Person:
        session = UserSession(
            user_id=person.user.id, device=None, address=None, expires_at=now() + timedelta(days=1)
        )
        async with units(Within(person.user.id)) as unit:
            await unit.sessions.save(session)
            await unit.commit()
        token = tokens.sign(AccessClaims(person.user.id, session.id))
        return replace(person, session=session, token=token)

    return sign_in


async def left(organisations: OrganisationService) -> set[UUID]:
    return {each.id for each in await organisations.all()}


async def test_one_that_is_restored_at_the_last_moment_stays(
    companies: Companies,
    due: list[UUID],
    worker_divided_owner: Database,
    organisations: OrganisationService,
) -> None:
    async with worker_divided_owner.writing_session() as session:
        await (await session.connection()).execute(_RESTORE, {"id": due[0]})
        async with waiting(organisations.erase_due(), worker_divided_owner):
            await session.commit()

    assert due[0] in await left(organisations)
    assert due[1] not in await left(organisations)
    assert companies[0].marker in (await companies[0].admin.get("/tasks")).text


async def test_nobody_restores_one_that_is_being_erased(
    companies: Companies,
    due: list[UUID],
    organisations: OrganisationService,
    signed_in_nowhere: SignedInNowhere,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def crash(*_: object) -> int:
        raise RuntimeError("The machine stops.")

    alone = await signed_in_nowhere(companies[0].admin)
    path = f"/organisations/{due[0]}"
    assert (await alone.get(path)).status_code == 200
    with monkeypatch.context() as patched:
        patched.setattr(OrganisationEraser, "_erase_some", crash)
        with pytest.raises(ExceptionGroup):
            await organisations.erase_due()

    assert (await alone.post(f"{path}/restore")).status_code == 404
    await organisations.erase_due()
    assert not await left(organisations) & {*due}


@pytest.fixture
async def own_database(freshly_divided: Settings) -> AsyncIterator[Database]:
    database = Database(freshly_divided.database)
    yield database
    await database.close()


async def test_one_with_many_rows_is_erased_a_piece_at_a_time(
    own_database: Database, freshly_divided: Settings
) -> None:
    owner = Database(DatabaseSettings(url=freshly_divided.database.owner_url))
    async with running_jobs(freshly_divided, own_database) as jobs:
        organisations = jobs.services.identity.organisations
        made = await organisations.add(OrganisationCreate(name="Large"))
        async with owner.engine.connect() as connection:
            await refuse_more(connection, _MOST)
            await add_tasks(connection, _MOST + 1, organisation_id=made.id)

        assert await organisations.erase(made.id) > _MOST
    await owner.close()
