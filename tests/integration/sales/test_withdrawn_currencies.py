"""A currency leaves ISO 4217: what was stored in it stays readable."""

from decimal import Decimal
from typing import Any

import pytest

from backend.core.scopes import SYSTEM
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.background.executions import ExecutionService
from tests.factories import make_lead, make_product
from tests.fixtures.people import Person
from tests.integration.api.test_csv_export import export
from tests.integration.exchange.test_reports import report

PRICE = {"amount": "19.90", "currency": "BGN"}


@pytest.fixture
async def paths(uow: UnitOfWorkFactory, member: Person) -> dict[str, str]:
    """A lead and a product in a currency that can no longer be entered, by the field of money."""
    amount = Decimal("19.9")
    product = make_product(price_amount=amount, price_currency="BGN")
    lead = make_lead(
        owner_id=member.user.id, estimated_value_amount=amount, estimated_value_currency="BGN"
    )
    async with uow(SYSTEM) as unit:
        await unit.products.save(product)
        await unit.leads.save(lead)
        await unit.commit()
    return {"price": f"/products/{product.id}", "estimated_value": f"/leads/{lead.id}"}


async def test_it_is_read_and_changed(member: Person, paths: dict[str, str]) -> None:
    for field, path in paths.items():
        assert (await member.get(path)).json()[field] == PRICE
        changed = await member.patch(path, json={"name": "Renamed"})
        assert (changed.status_code, changed.json()[field]) == (200, PRICE)


async def test_lists_show_it(member: Person, paths: dict[str, str]) -> None:
    products = (await member.get("/products", params={"currency": "bgn"})).json()["items"]
    leads = (await member.get("/leads")).json()["items"]

    assert [product["price"] for product in products] == [PRICE]
    assert [lead["estimated_value"] for lead in leads] == [PRICE]


async def test_files_and_reports_count_it(
    member: Person, paths: dict[str, str], executions: ExecutionService
) -> None:
    (product,) = await export(member, "/products")
    (lead,) = await export(member, "/leads")
    stages = (await report(member, executions, "leads_pipeline"))["stages"]

    assert (product["price_amount"], product["price_currency"]) == ("19.90", "BGN")
    assert (lead["estimated_value_amount"], lead["estimated_value_currency"]) == ("19.90", "BGN")
    assert stages[0]["values"] == [PRICE]


async def test_it_can_not_be_entered_anew(member: Person, paths: dict[str, str]) -> None:
    for field, path in paths.items():
        refused = await member.patch(path, json={field: PRICE})

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["loc"] == ["body", field, "currency"]


@pytest.mark.parametrize(
    ("edits", "counted"),
    [
        ({}, "unchanged"),
        ({"name": "Renamed"}, "updated"),
        ({"amount": "20.00"}, "failed"),
        ({"amount": "20.00", "currency": "EUR"}, "updated"),
        ({"id": "", "sku": "NEW", "email": "new@example.com"}, "failed"),
    ],
)
@pytest.mark.parametrize(
    ("resource", "field"), [("products", "price"), ("leads", "estimated_value")]
)
@pytest.mark.usefixtures("paths")
async def test_an_export_is_imported_again(
    member: Person, sheets_of: Any, resource: str, field: str, edits: dict[str, str], counted: str
) -> None:
    (row,) = await export(member, f"/{resource}")
    cells = {name: edits.get(name.removeprefix(f"{field}_"), text) for name, text in row.items()}

    result = await sheets_of(member.principal).load(resource, [list(cells), list(cells.values())])

    assert getattr(result, counted) == 1, result
    assert [each.column for each in result.errors] == [f"{field}_currency"] * result.failed
