"""The rules of each importable resource: those of its service, applied to rows of a batch.

A service queries the database for each row. Here the data of a whole batch has been read before,
and the rules only use that.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from backend.core.permissions import Permission, SubjectKind
from backend.models.exchange.sheets import SheetResource
from backend.models.platform.base import Input, Update
from backend.models.platform.mixins import Versioned
from backend.models.platform.money import money_columns
from backend.models.sales.customers import Customer, CustomerCreate, CustomerListed, CustomerUpdate
from backend.models.sales.leads import Lead, LeadCreate, LeadPublic, LeadStatus, LeadUpdate
from backend.models.sales.products import Product, ProductCreate, ProductPublic, ProductUpdate
from backend.models.tasks.tasks import Task, TaskCreate, TaskPublic, TaskStatus, TaskUpdate
from backend.repositories.exchange.unit import ExchangeReading
from backend.repositories.platform.bulk import BulkRepository

Row = TypeVar("Row", bound=Versioned)


class Resource(ABC, Generic[Row]):
    """
    Attributes:
        create, update: the bodies of the API. A row is validated as if it were created.
        shown: the model of exports.
        not_imported: fields of `create` that are not columns.
        person: the field of its owner or assignee; `person_is_needed`: it is required.
        person_permission: needed to name somebody else.
        key: the field that identifies rows besides the id.
        key_is_unique: the database enforces that.
        amount: the field that is money.
        references: the kind of row that each field refers to.
    """

    kind: ClassVar[SubjectKind]
    create: ClassVar[type[Input]]
    update: ClassVar[type[Update]]
    shown: ClassVar[type[BaseModel]]
    permission: ClassVar[Permission]
    not_imported: ClassVar[frozenset[str]] = frozenset()
    person: ClassVar[str | None] = None
    person_is_needed: ClassVar[bool] = True
    person_permission: ClassVar[Permission | None] = None
    key: ClassVar[str | None] = None
    key_is_unique: ClassVar[bool] = False
    amount: ClassVar[str] = ""
    references: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def rows(self, uow: ExchangeReading) -> BulkRepository[Row]: ...

    def check_new(self, values: dict[str, Any]) -> None:
        """Complete the values of a new row.

        They do not become a model: that would take longer than all other work for a row.

        Raises:
            ConflictError: a row can't be created with this status.
        """

    def values(self, data: Input, *, given: bool = False) -> dict[str, Any]:
        """Return the values of the input by column; with `given`, only the set ones."""
        names = data.model_fields_set if given else type(data).model_fields.keys()
        values = {name: getattr(data, name) for name in names - self.not_imported}
        if self.amount in values:
            values |= money_columns(self.amount, values.pop(self.amount))
        return values

    def change(self, row: Row, values: dict[str, Any]) -> None:
        """Raises ConflictError for a transition that is not allowed."""
        for name, value in values.items():
            setattr(row, name, value)

    def columns_of(self, row: Row) -> dict[str, Any]:
        """Return the values for `update_all`."""
        return dict(row)

    def key_of(self, data: Input | Row) -> str | None:
        """Normalise a key for the look-up."""
        key: str | None = getattr(data, self.key) if self.key else None
        return key.lower() if key else None


class _Customers(Resource[Customer]):
    kind = SubjectKind.CUSTOMER
    create, update, shown = CustomerCreate, CustomerUpdate, CustomerListed
    permission = Permission.CUSTOMERS_WRITE
    person = "owner_id"
    key = "email"

    def rows(self, uow: ExchangeReading) -> BulkRepository[Customer]:
        return uow.customers


class _Leads(Resource[Lead]):
    kind = SubjectKind.LEAD
    create, update, shown = LeadCreate, LeadUpdate, LeadPublic
    permission = Permission.LEADS_WRITE
    person = "owner_id"
    key = "email"
    amount = "estimated_value"
    references = {"product_ids": "product"}

    def rows(self, uow: ExchangeReading) -> BulkRepository[Lead]:
        return uow.leads

    def check_new(self, values: dict[str, Any]) -> None:
        if values["status"] is not LeadStatus.NEW:
            Lead(name=values["name"], status=LeadStatus.NEW, owner_id=values["owner_id"]).move_to(
                values["status"]
            )

    def columns_of(self, row: Lead) -> dict[str, Any]:
        return super().columns_of(row) | {"product_ids": row.product_ids}

    def change(self, row: Lead, values: dict[str, Any]) -> None:
        row.move_to(values.pop("status", row.status))
        row.set_products(values.pop("product_ids", row.product_ids))
        super().change(row, values)


class _Products(Resource[Product]):
    kind = SubjectKind.PRODUCT
    create, update, shown = ProductCreate, ProductUpdate, ProductPublic
    permission = Permission.PRODUCTS_WRITE
    key = "sku"
    key_is_unique = True
    amount = "price"

    def rows(self, uow: ExchangeReading) -> BulkRepository[Product]:
        return uow.products


class _Tasks(Resource[Task]):
    kind = SubjectKind.TASK
    create, update, shown = TaskCreate, TaskUpdate, TaskPublic
    permission = Permission.TASKS_WRITE
    not_imported = frozenset({"checklist"})
    person = "assignee_id"
    person_is_needed = False
    person_permission = Permission.TASKS_ASSIGN
    references = {"customer_id": "customer", "lead_id": "lead", "module_id": "module"}

    def rows(self, uow: ExchangeReading) -> BulkRepository[Task]:
        return uow.tasks

    def check_new(self, values: dict[str, Any]) -> None:
        if values["status"] is not TaskStatus.OPEN:
            task = Task(title=values["title"], status=TaskStatus.OPEN, priority=values["priority"])
            task.move_to(values["status"])
            values["completed_at"] = task.completed_at

    def change(self, row: Task, values: dict[str, Any]) -> None:
        row.move_to(values.pop("status", row.status))
        super().change(row, values)


RESOURCES: Mapping[SheetResource, Resource[Any]] = {
    SheetResource.CUSTOMERS: _Customers(),
    SheetResource.LEADS: _Leads(),
    SheetResource.PRODUCTS: _Products(),
    SheetResource.TASKS: _Tasks(),
}
