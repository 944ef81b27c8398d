from typing import Any
from uuid import UUID

from backend.core.permissions import Permission, Principal, SubjectKind
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.models.platform.paging import Page
from backend.models.sales.customers import (
    Customer,
    CustomerCounts,
    CustomerCreate,
    CustomerListed,
    CustomerQuery,
    CustomerUpdate,
)
from backend.models.sales.timeline import TimelineEntry, TimelineKind, TimelineQuery
from backend.repositories.sales.unit import SalesReading, SalesUnit, SalesUnits
from backend.services.identity.users import check_active_user
from backend.services.platform.archiving import ArchivingService

_NEEDED = {
    TimelineKind.LEAD: Permission.LEADS_READ,
    TimelineKind.TASK: Permission.TASKS_READ,
    TimelineKind.FILE: Permission.FILES_READ,
}


class CustomerService(
    ArchivingService[SalesUnit, SalesReading, Customer, CustomerQuery, CustomerUpdate]
):
    def __init__(self, uow: SalesUnits) -> None:
        super().__init__(uow, SubjectKind.CUSTOMER, lambda unit: unit.customers)

    async def create(
        self, data: CustomerCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Customer]:
        """The caller becomes the owner unless the data name another.

        Raises:
            InvalidInputError: the owner does not exist, or is deactivated.
        """
        customer = Customer.from_input(data, owner_id=data.owner_id or by.user_id)
        return await self._add(customer, by, key)

    async def _check_new(self, uow: SalesUnit, row: Customer, by: Principal) -> None:
        if row.owner_id != by.user_id:
            await check_active_user(uow, "owner_id", row.owner_id)

    async def _apply(
        self, uow: SalesUnit, row: Customer, changes: dict[str, Any], by: Principal
    ) -> None:
        if changes.get("owner_id", row.owner_id) != row.owner_id:
            await check_active_user(uow, "owner_id", changes["owner_id"])
        row.sqlmodel_update(changes)

    async def page_with_counts(self, query: CustomerQuery, by: Principal) -> Page[CustomerListed]:
        """Like `page`, with counts of what belongs to each customer, by one more statement."""
        async with self._uow.reading(by) as uow:
            page = await self._page(uow, query, by)
            counts = await uow.customers.counts([customer.id for customer in page.items])
        items = [
            # The columns come from the database: validating them again costs as much as reading.
            CustomerListed.model_construct(
                **dict(customer), **counts.get(customer.id, CustomerCounts())._asdict()
            )
            for customer in page.items
        ]
        return Page[CustomerListed].model_construct(
            items=items, next_cursor=page.next_cursor, total=page.total
        )

    async def timeline(
        self, customer_id: UUID, query: TimelineQuery, by: Principal
    ) -> Page[TimelineEntry]:
        """Return the entries the caller may read. Raises NotFoundError or InvalidCursorError."""
        kinds = [kind for kind in query.kind or TimelineKind if by.may(_NEEDED[kind])]
        query = query.model_copy(update={"kind": kinds})
        async with self._uow.reading(by) as uow:
            await uow.customers.get(customer_id)
            if not kinds:
                return Page(items=[], total=0 if query.total else None)
            return await uow.customers.timeline(customer_id, query)
