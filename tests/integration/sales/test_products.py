import asyncio
from typing import Any

import pytest

from tests.fixtures.people import Person

SEAT = {
    "sku": "SEAT-YEAR",
    "name": "Seat, paid yearly",
    "description": "One person, all modules.",
    "is_active": True,
    "price": {"amount": "240.00", "currency": "EUR"},
}


def euros(amount: Any) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


async def create(person: Person, **changes: Any) -> dict[str, Any]:
    answer = await person.post("/products", json=SEAT | changes)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def skus(person: Person, **filters: Any) -> list[str]:
    answer = await person.get("/products", params={"sort": "sku"} | filters)
    assert answer.status_code == 200, answer.text
    return [product["sku"] for product in answer.json()["items"]]


async def test_a_product_is_created_read_changed_and_deleted(manager: Person) -> None:
    created = await create(manager)
    assert created.items() >= SEAT.items()
    path = f"/products/{created['id']}"
    assert (await manager.get(path)).json() == created

    changed = (await manager.patch(path, json={"name": "Seat", "is_active": False})).json()
    assert (changed["name"], changed["is_active"]) == ("Seat", False)
    assert changed["price"] == created["price"]
    assert (await manager.get(path)).json() == changed

    assert (await manager.delete(path)).status_code == 204
    assert (await manager.get(path)).status_code == 404


async def test_only_sku_name_and_price_are_needed(member: Person) -> None:
    body = {"sku": "A", "name": "Just a name", "price": euros("1")}

    created = (await member.post("/products", json=body)).json()

    assert (created["description"], created["is_active"]) == ("", True)


@pytest.mark.parametrize("sku", ["SEAT-YEAR", "seat-year", " Seat-Year "])
async def test_a_sku_is_taken_whatever_its_case(member: Person, sku: str) -> None:
    await create(member)

    refused = await member.post("/products", json=SEAT | {"sku": sku})

    assert refused.status_code == 409
    assert "SKU" in refused.json()["detail"]


async def test_an_archived_product_keeps_its_sku(member: Person) -> None:
    await member.post(f"/products/{(await create(member))['id']}/archive")

    assert (await member.post("/products", json=SEAT)).status_code == 409


async def test_a_taken_sku_is_refused_in_a_change_as_well(member: Person) -> None:
    await create(member)
    other = await create(member, sku="OTHER")

    refused = await member.patch(f"/products/{other['id']}", json={"sku": "seat-YEAR"})

    assert refused.status_code == 409
    assert await skus(member) == ["OTHER", "SEAT-YEAR"]


async def test_a_product_can_write_its_sku_in_another_case(member: Person) -> None:
    path = f"/products/{(await create(member))['id']}"

    assert (await member.patch(path, json={"sku": "seat-year"})).json()["sku"] == "seat-year"


async def test_of_many_with_one_sku_at_once_one_is_created(member: Person) -> None:
    bodies = [SEAT | {"sku": sku} for sku in ("seat", "SEAT", "Seat", "sEAT")]

    answers = await asyncio.gather(*(member.post("/products", json=body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("amount", "currency", "kept"),
    [
        ("0", "EUR", "0.00"),
        ("0.01", "EUR", "0.01"),
        ("19.9", "EUR", "19.90"),
        ("999999999999.99", "EUR", "999999999999.99"),
        ("999999999999", "JPY", "999999999999"),
        ("999999999999.999", "KWD", "999999999999.999"),
        ("0.1234", "CLF", "0.1234"),
        (0.1, "EUR", "0.10"),
        ("5", "eur", "5.00"),
    ],
)
async def test_a_price_is_kept_to_the_last_digit(
    member: Person, amount: Any, currency: str, kept: str
) -> None:
    created = await create(member, price={"amount": amount, "currency": currency})

    assert created["price"] == {"amount": kept, "currency": currency.upper()}
    assert (await member.get(f"/products/{created['id']}")).json() == created
    assert (await member.get("/products")).json()["items"] == [created]


async def test_a_price_is_changed_whole(member: Person) -> None:
    path = f"/products/{(await create(member))['id']}"

    changed = await member.patch(path, json={"price": {"amount": "30000", "currency": "JPY"}})

    assert changed.json()["price"] == {"amount": "30000", "currency": "JPY"}


async def test_products_are_filtered(member: Person) -> None:
    await create(member, sku="a")
    await create(member, sku="b", is_active=False)
    await create(member, sku="c", price={"amount": "1", "currency": "USD"})

    assert await skus(member) == ["a", "b", "c"]
    assert await skus(member, is_active=True) == ["a", "c"]
    assert await skus(member, is_active=False) == ["b"]
    assert await skus(member, currency="USD") == ["c"]
    assert await skus(member, currency="eur", is_active=True) == ["a"]


async def test_products_are_sorted_by_sku_whatever_its_case(member: Person) -> None:
    for sku in ("b", "C", "a", "B2"):
        await create(member, sku=sku)

    assert await skus(member) == ["a", "b", "B2", "C"]
    assert await skus(member, sort="-sku") == ["C", "B2", "b", "a"]


async def test_lists_leave_archived_products_out_unless_asked(member: Person) -> None:
    await create(member, sku="a")
    archived = await create(member, sku="b")
    await member.post(f"/products/{archived['id']}/archive")

    assert await skus(member) == ["a"]
    assert await skus(member, archived="true") == ["b"]
    assert await skus(member, archived="any") == ["a", "b"]


async def test_an_archived_product_is_read_changed_and_restored(member: Person) -> None:
    path = f"/products/{(await create(member))['id']}"

    archived = (await member.post(f"{path}/archive")).json()
    assert archived["archived_at"] is not None
    assert (await member.get(path)).json() == archived
    assert (await member.patch(path, json={"name": "Seat"})).status_code == 200

    assert (await member.post(f"{path}/restore")).json()["archived_at"] is None
    assert await skus(member) == ["SEAT-YEAR"]


@pytest.mark.parametrize("action", ["archive", "restore"])
async def test_archiving_and_restoring_twice_changes_nothing(member: Person, action: str) -> None:
    path = f"/products/{(await create(member))['id']}"
    await member.post(f"{path}/archive")
    once = await member.post(f"{path}/{action}")

    twice = await member.post(f"{path}/{action}")

    assert twice.status_code == 200
    assert twice.json() == once.json()


async def test_a_product_that_leads_want_can_not_be_deleted(manager: Person) -> None:
    product = await create(manager)
    body = {"name": "Katherine", "product_ids": [product["id"]]}
    lead = (await manager.post("/leads", json=body)).json()

    refused = await manager.delete(f"/products/{product['id']}")

    assert refused.status_code == 409
    assert "Leads are interested in this product" in refused.json()["detail"]
    await manager.patch(f"/leads/{lead['id']}", json={"product_ids": []})
    assert (await manager.delete(f"/products/{product['id']}")).status_code == 204


async def test_a_product_that_leads_want_can_be_archived(member: Person) -> None:
    product = await create(member)
    body = {"name": "Katherine", "product_ids": [product["id"]]}
    lead = (await member.post("/leads", json=body)).json()

    await member.post(f"/products/{product['id']}/archive")

    assert (await member.get(f"/leads/{lead['id']}")).json() == lead


BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"sku": ""}, ["sku"]),
    ({"sku": "two words"}, ["sku"]),
    ({"sku": "-a"}, ["sku"]),
    ({"sku": "a\x00"}, ["sku"]),
    ({"sku": "ä"}, ["sku"]),
    ({"sku": "x" * 65}, ["sku"]),
    ({"sku": "a\nb"}, ["sku"]),
    ({"sku": None}, ["sku"]),
    ({"name": "  "}, ["name"]),
    ({"name": "a\x00b"}, ["name"]),
    ({"description": "\x00"}, ["description"]),
    ({"is_active": None}, ["is_active"]),
    ({"colour": "red"}, ["colour"]),
    ({"archived_at": "2026-01-01T00:00:00Z"}, ["archived_at"]),
    ({"price_amount": "1"}, ["price_amount"]),
    ({"price": None}, ["price"]),
    ({"price": "19.90"}, ["price"]),
    ({"price": {}}, ["price", "amount"]),
    ({"price": {"amount": "1"}}, ["price", "currency"]),
    ({"price": euros("1") | {"tax": "0"}}, ["price", "tax"]),
    ({"price": {"amount": "1", "currency": "EURO"}}, ["price", "currency"]),
    ({"price": {"amount": "1", "currency": "XYZ"}}, ["price", "currency"]),
    ({"price": euros("19.999")}, ["price"]),
    ({"price": euros("-0.01")}, ["price", "amount"]),
    ({"price": euros("12345678901234567")}, ["price", "amount"]),
    ({"price": euros("1000000000000")}, ["price", "amount"]),
    ({"price": euros("ten")}, ["price", "amount"]),
    ({"price": euros("NaN")}, ["price", "amount"]),
    ({"price": euros("Infinity")}, ["price", "amount"]),
    ({"price": euros(True)}, ["price", "amount"]),
]


@pytest.mark.parametrize(("bad", "loc"), BAD)
async def test_a_bad_product_names_the_field(
    member: Person, bad: dict[str, Any], loc: list[str]
) -> None:
    created = await create(member)
    path = f"/products/{created['id']}"

    for answer in (
        await member.post("/products", json=SEAT | {"sku": "OTHER"} | bad),
        await member.patch(path, json=bad),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"] == ["body", *loc]
    assert (await member.get(path)).json() == created


@pytest.mark.parametrize("filters", [{"currency": "XYZ"}, {"archived": "maybe"}, {"is_active": 2}])
async def test_a_bad_filter_is_named(member: Person, filters: dict[str, Any]) -> None:
    answer = await member.get("/products", params=filters)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["query", *filters]
