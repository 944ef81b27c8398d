"""The rules of a plain resource are asked before its row changes, and its own events recorded."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from backend.core.errors import ConflictError
from backend.core.permissions import Principal, Role, SubjectKind
from backend.core.preconditions import ANY_VERSION
from backend.core.scopes import SYSTEM
from backend.jobs.subscriptions import HANDLERS, UNHANDLED, Handler, subscriptions
from backend.models.platform.domain_events import ResourceChanged, class_of
from backend.models.sales.products import Product, ProductCreate, ProductUpdate
from backend.services.sales.products import ProductService
from tests.factories import make_principal, make_product
from tests.fakes import fake_units_of_work

BY = make_principal(Role.MEMBER)
SEAT: dict[str, Any] = {"sku": "S", "name": "Seat", "price": {"amount": "1", "currency": "EUR"}}


@dataclass(frozen=True, kw_only=True)
class ProductPraised(ResourceChanged):
    kind: SubjectKind = SubjectKind.PRODUCT
    verb: str = "praised"
    subject_id: UUID


class Ruled(ProductService):
    """Names may not become longer."""

    own_events = {"praised": ProductPraised}
    seen: str | None = None

    async def _check(self, uow: Any, row: Product, before: Product | None, by: Principal) -> None:
        self.seen = before.name if before else None
        if before is not None and len(row.name) > len(before.name):
            raise ConflictError("The name is longer.")


async def test_a_rule_sees_the_row_as_it_would_be_and_as_it_is() -> None:
    units = fake_units_of_work()
    service = Ruled(units)
    product = make_product(name="Seat")
    async with units(SYSTEM) as unit:
        await unit.products.save(product)
        await unit.commit()

    with pytest.raises(ConflictError):
        await service.update(product.id, ProductUpdate(name="Seats"), BY, ANY_VERSION)
    assert service.seen == "Seat"
    assert (await service.read(product.id, BY)).name == "Seat"

    await service.update(product.id, ProductUpdate(name="Set"), BY, ANY_VERSION)
    assert (await service.read(product.id, BY)).name == "Set"


async def test_a_new_row_has_no_row_before_it() -> None:
    service = Ruled(fake_units_of_work())

    await service.create(ProductCreate.model_validate(SEAT), BY)

    assert service.seen is None


def test_a_change_that_has_an_event_of_its_own_is_told_by_it() -> None:
    service, product = Ruled(fake_units_of_work()), make_product()

    [praised] = service._events(product, "praised", {}, BY)
    [updated] = service._events(product, "updated", {}, BY)

    assert praised == ProductPraised(subject_id=product.id, by=BY, changes={})
    assert updated == ResourceChanged(
        kind=SubjectKind.PRODUCT, verb="updated", subject_id=product.id, by=BY, changes={}
    )


def test_an_event_of_a_resource_is_known_by_its_type() -> None:
    assert class_of("product.praised") is ProductPraised


def test_an_event_of_a_resource_starts_what_names_it_and_need_not_be_named() -> None:
    async def handle(_services: Any, _event: Any, _scope: Any) -> None: ...

    praise = Handler("praise", {ProductPraised}, handle)

    assert subscriptions(HANDLERS, UNHANDLED)[ProductPraised] == []
    assert subscriptions([*HANDLERS, praise], UNHANDLED)[ProductPraised] == [praise]
