from uuid import uuid4

import pytest

from backend.core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionFailedError,
)
from backend.core.permissions import Role
from backend.core.preconditions import ANY_VERSION, Precondition
from backend.core.scopes import SYSTEM
from backend.models.identity.users import User
from backend.models.platform.idempotency import made
from backend.models.sales.leads import Lead, LeadCreate, LeadStatus, LeadUpdate
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.sales.leads import LeadService
from tests.factories import make_customer, make_lead, make_principal, make_user
from tests.fakes import fake_units_of_work

MEMBER = make_principal(Role.MEMBER)
VIEWER = make_principal(Role.VIEWER)


@pytest.fixture
def fake_uow() -> UnitOfWorkFactory:
    return fake_units_of_work()


@pytest.fixture
def leads(fake_uow: UnitOfWorkFactory) -> LeadService:
    return LeadService(fake_uow)


async def keep(fake_uow: UnitOfWorkFactory, lead: Lead) -> Lead:
    async with fake_uow(SYSTEM) as unit:
        await unit.leads.save(lead)
        await unit.commit()
    return lead


async def keep_user(fake_uow: UnitOfWorkFactory, user: User) -> User:
    async with fake_uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.commit()
    return user


async def test_a_lead_belongs_to_who_created_it(leads: LeadService) -> None:
    lead = made(await leads.create(LeadCreate(name="Katherine"), MEMBER))

    assert (await leads.read(lead.id, MEMBER)).owner_id == MEMBER.user_id


async def test_a_lead_can_belong_to_somebody_else(
    leads: LeadService, fake_uow: UnitOfWorkFactory
) -> None:
    other = await keep_user(fake_uow, make_user())
    lead = made(await leads.create(LeadCreate(name="Katherine", owner_id=other.id), MEMBER))

    assert lead.owner_id == other.id


async def test_a_lead_can_not_belong_to_a_deactivated_user(
    leads: LeadService, fake_uow: UnitOfWorkFactory
) -> None:
    gone = await keep_user(fake_uow, make_user(is_active=False))

    with pytest.raises(InvalidInputError, match="deactivated"):
        await leads.create(LeadCreate(name="Katherine", owner_id=gone.id), MEMBER)


@pytest.mark.parametrize("status", [LeadStatus.CONTACTED, LeadStatus.QUALIFIED, LeadStatus.LOST])
async def test_a_lead_can_begin_further_on(leads: LeadService, status: LeadStatus) -> None:
    lead = made(await leads.create(LeadCreate(name="Katherine", status=status), MEMBER))

    assert lead.status is status


async def test_a_lead_can_not_begin_as_converted(leads: LeadService) -> None:
    with pytest.raises(ConflictError):
        await leads.create(LeadCreate(name="Katherine", status=LeadStatus.CONVERTED), MEMBER)


async def test_a_refused_transition_keeps_nothing_of_the_change(
    leads: LeadService, fake_uow: UnitOfWorkFactory
) -> None:
    lead = await keep(fake_uow, make_lead(status=LeadStatus.QUALIFIED))

    changes = LeadUpdate(status=LeadStatus.NEW, name="Another name")
    with pytest.raises(ConflictError):
        await leads.update(lead.id, changes, MEMBER, ANY_VERSION)
    assert (await leads.read(lead.id, MEMBER)).name == lead.name


async def test_who_may_not_write_customers_converts_nothing(
    leads: LeadService, fake_uow: UnitOfWorkFactory
) -> None:
    lead = await keep(fake_uow, make_lead())

    with pytest.raises(PermissionDeniedError, match="customers:write"):
        await leads.convert(lead.id, VIEWER, ANY_VERSION)
    assert (await leads.read(lead.id, MEMBER)).status is LeadStatus.NEW


async def test_a_lead_that_is_not_there_is_not_converted(leads: LeadService) -> None:
    with pytest.raises(NotFoundError):
        await leads.convert(uuid4(), MEMBER, ANY_VERSION)


async def test_a_converted_lead_answers_its_customer_whatever_version_is_expected(
    leads: LeadService, fake_uow: UnitOfWorkFactory
) -> None:
    customer = make_customer()
    lead = await keep(fake_uow, make_lead(customer_id=customer.id, status=LeadStatus.CONVERTED))
    async with fake_uow(SYSTEM) as unit:
        await unit.customers.save(customer)
        await unit.commit()

    found, is_new = made(await leads.convert(lead.id, MEMBER, Precondition(frozenset({99}))))

    assert (found.id, is_new) == (customer.id, False)


async def test_a_lead_that_has_changed_is_not_converted(
    leads: LeadService, fake_uow: UnitOfWorkFactory
) -> None:
    lead = await keep(fake_uow, make_lead(version=2))

    with pytest.raises(PreconditionFailedError) as refused:
        await leads.convert(lead.id, MEMBER, Precondition(frozenset({1})))
    assert refused.value.version == 2
