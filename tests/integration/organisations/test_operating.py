"""What the operator does, and what is done by itself, where there are many organisations."""

from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from filelock import FileLock

from backend.core.config import ConfigurationError, Settings
from backend.core.database import Database, libpq_url, owner_url
from backend.core.errors import ConflictError, NotFoundError
from backend.core.permissions import Role
from backend.core.scopes import FIRST_ORGANISATION, NO_ORGANISATION, SYSTEM
from backend.models.identity.organisations import OrganisationCreate
from backend.models.identity.users import UserQuery
from backend.models.platform.domain_events import SignInFailed
from backend.models.platform.job_requests import JobRequest, Queue
from backend.repositories.sql.platform.division import check_role, divide, unite
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity.members import MemberService
from backend.services.identity.organisations import OrganisationService
from tests.factories import make_user
from tests.fixtures.jobs import Jobs
from tests.fixtures.organisations import PROGRAM, Company

Companies = tuple[Company, Company]


@pytest.fixture
def organisations(divided_jobs: Jobs) -> OrganisationService:
    return divided_jobs.services.identity.organisations


async def test_an_operator_adds_lists_and_erases_them(organisations: OrganisationService) -> None:
    made = await organisations.add(OrganisationCreate(name="Acme"))

    assert {FIRST_ORGANISATION, made.id} <= {each.id for each in await organisations.all()}
    assert await organisations.erase(made.id) >= 1
    with pytest.raises(NotFoundError):
        await organisations.erase(made.id)
    with pytest.raises(ConflictError, match="first organisation"):
        await organisations.erase(FIRST_ORGANISATION)


async def test_a_deleted_one_is_erased_after_its_days_of_grace(
    companies: Companies, organisations: OrganisationService, divided: Settings
) -> None:
    own, other = companies
    organisation_id = own.scope.organisation_id
    assert (await own.admin.delete(f"/organisations/{organisation_id}")).status_code == 204

    await organisations.erase_due()
    assert organisation_id in {each.id for each in await organisations.all()}
    with psycopg.connect(owner_url(divided.database)) as connection:
        connection.execute(
            "UPDATE organisations SET deleted_at = deleted_at - interval '31 days'"
            " WHERE deleted_at IS NOT NULL"
        )
    await organisations.erase_due()

    left = {each.id for each in await organisations.all()}
    assert organisation_id not in left
    assert other.scope.organisation_id in left


async def test_where_there_is_one_nothing_is_due(jobs: Jobs) -> None:
    organisations = jobs.services.identity.organisations

    await organisations.erase_due()

    assert [each.id for each in await organisations.all()] == [FIRST_ORGANISATION]


async def test_who_has_no_account_is_not_admitted(
    companies: Companies, units: SqlUnitOfWorkFactory
) -> None:
    with pytest.raises(NotFoundError, match="no user"):
        await MemberService(units).admit(
            f"{uuid4().hex}@example.com", Role.VIEWER, companies[0].scope
        )


async def test_accounts_are_listed_with_their_role_in_the_organisation(
    companies: Companies, units: SqlUnitOfWorkFactory
) -> None:
    own, other = companies
    added = make_user(role=Role.MANAGER)
    async with units(own.scope) as unit:
        await unit.users.add_missing([added])
        await unit.users.add_missing([added])
        await unit.commit()

    async with units.reading(own.scope) as reading:
        page = await reading.users.page(UserQuery())
    assert {each.id: each.role for each in page.items} == {
        added.id: Role.MANAGER,
        own.admin.user.id: Role.ADMIN,
    }
    async with units.reading(other.scope) as reading:
        assert await reading.users.find_by_emails([added.email]) == []
    async with units.reading(SYSTEM) as reading:
        [found] = await reading.users.find_by_emails([added.email])
    assert found.role is Role.GUEST


def test_one_without_policies_stays_as_it_is_and_serves_one_alone(
    freshly_divided: Settings,
) -> None:
    owner = owner_url(freshly_divided.database)

    unite(owner)
    unite(owner)

    with pytest.raises(ConfigurationError, match="without a policy"):
        check_role(libpq_url(freshly_divided.database))


def test_a_role_of_the_program_that_is_there_needs_no_password(
    freshly_divided: Settings, run_folder: Path
) -> None:
    with FileLock(run_folder / "roles.lock"):
        divide(owner_url(freshly_divided.database), PROGRAM, None)

    check_role(libpq_url(freshly_divided.database))


async def test_the_system_adds_nobody_to_an_organisation(units: SqlUnitOfWorkFactory) -> None:
    user = make_user()
    async with units(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.places.add(user)
        await unit.commit()

        assert await unit.places.of(user.id) == []


async def test_jobs_of_what_the_system_records_belong_to_no_organisation(
    divided_database: Database, divided: Settings
) -> None:
    job = JobRequest("look", Queue.EVENTS)
    units = SqlUnitOfWorkFactory(divided_database, subscriptions=lambda _event: [job])
    async with units(SYSTEM) as unit:
        unit.record(SignInFailed(subject_id=None, changes={}))
        await unit.commit()

    with psycopg.connect(owner_url(divided.database)) as connection:
        [(arguments,)] = connection.execute("SELECT args FROM procrastinate_jobs")
    assert arguments == {"organisation_id": str(NO_ORGANISATION)}
