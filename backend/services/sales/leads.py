from typing import Any, NamedTuple
from uuid import UUID

from backend.core.attempts import retried
from backend.core.permissions import Permission, Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.models.platform.domain_events import LeadConverted, changes_between
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.mixins import new_id
from backend.models.sales.customers import Customer, CustomerStatus
from backend.models.sales.leads import Lead, LeadCreate, LeadQuery, LeadStatus, LeadUpdate
from backend.repositories.sales.unit import SalesReading, SalesUnit, SalesUnits
from backend.services.identity.users import check_active_user
from backend.services.platform.change_events import created
from backend.services.platform.crud import CrudService
from backend.services.sales.products import check_products


class Conversion(NamedTuple):
    """`is_new` is False if the lead was converted before."""

    customer: Customer
    is_new: bool


class LeadService(CrudService[SalesUnit, SalesReading, Lead, LeadQuery, LeadUpdate]):
    """Leads move by allowed transitions, and end as a customer or lost."""

    def __init__(self, uow: SalesUnits) -> None:
        super().__init__(uow, SubjectKind.LEAD, lambda unit: unit.leads)

    async def create(
        self, data: LeadCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Lead]:
        """The caller becomes the owner unless the data name another.

        Raises:
            InvalidInputError: the owner or a product does not exist, or the owner is deactivated.
            ConflictError: it can't be created as converted.
        """
        given = data.columns() | {"owner_id": data.owner_id or by.user_id}
        lead = Lead.from_input(data, **given | {"status": LeadStatus.NEW})
        lead.move_to(data.status)
        lead.interests = []  # Unset attributes would be read from the database later.
        lead.set_products(data.product_ids)
        return await self._add(lead, by, key)

    @retried
    async def convert(
        self,
        lead_id: UUID,
        by: Principal,
        match: Precondition,
        key: IdempotencyKey | None = None,
    ) -> Outcome[Conversion]:
        """Convert the lead into a customer, which takes over its open tasks.

        Repeated and concurrent calls return the same customer.

        Raises:
            PermissionDeniedError: the caller may not write customers.
            NotFoundError: there is no such lead.
            PreconditionFailedError: the lead has changed, and is not converted.
            ConflictError: the lead is lost.
        """
        by.require(Permission.CUSTOMERS_WRITE)
        customer_id = new_id()
        async with self._uow(by) as uow:
            match await uow.idempotency.claim(key, customer_id):
                case Replay(earlier):
                    return Replayed(Conversion(await uow.customers.get(earlier), is_new=True))
                case Answered() as answered:
                    return answered
            lead = await uow.leads.get(lead_id, for_update=True)
            if lead.customer_id is not None:
                existing = await uow.customers.get(lead.customer_id)
                await uow.idempotency.point_at(key, existing.id)
                await uow.commit()
                return Conversion(existing, is_new=False)
            match.check(lead.version)
            before = lead.facts() | {"task_ids": []}
            lead.convert(customer_id)
            customer = _customer_of(lead, customer_id)
            await uow.customers.save(customer)
            await uow.leads.save(lead)
            moved = await uow.tasks.give_to_customer(lead.id, customer.id)
            after = lead.facts() | {"task_ids": [str(task_id) for task_id in moved]}
            uow.record(created(SubjectKind.CUSTOMER, customer, by))
            uow.record(
                LeadConverted(subject_id=lead.id, by=by, changes=changes_between(before, after))
            )
            await uow.commit()
        return Conversion(customer, is_new=True)

    async def _check_new(self, uow: SalesUnit, row: Lead, by: Principal) -> None:
        if row.owner_id != by.user_id:
            await check_active_user(uow, "owner_id", row.owner_id)
        if row.product_ids:
            await check_products(uow, row.product_ids)

    async def _apply(
        self, uow: SalesUnit, row: Lead, changes: dict[str, Any], by: Principal
    ) -> None:
        """Raises ConflictError for a transition that is not allowed; otherwise as `create` does."""
        if changes.get("owner_id", row.owner_id) != row.owner_id:
            await check_active_user(uow, "owner_id", changes["owner_id"])
        if "product_ids" in changes:
            await check_products(uow, changes["product_ids"])
        row.move_to(changes.pop("status", row.status))
        row.set_products(changes.pop("product_ids", row.product_ids))
        row.sqlmodel_update(changes)


def _customer_of(lead: Lead, customer_id: UUID) -> Customer:
    return Customer(
        id=customer_id,
        name=lead.name,
        email=lead.email,
        phone=lead.phone,
        company=lead.company,
        notes=lead.notes,
        status=CustomerStatus.ACTIVE,
        owner_id=lead.owner_id,
    )
