import asyncio
from typing import Any

import pytest

from backend.core.scopes import SYSTEM
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.fixtures.people import Person
from tests.ids import short_id

GPT = {
    "name": "GPT",
    "provider": "openai",
    "model": "gpt-5-mini",
    "temperature": 0.2,
    "max_output_tokens": 2000,
    "model_calls": 6,
    "tokens": 20_000,
    "seconds": 60,
    "cost": "0.2500",
    "is_default": False,
}


async def create(person: Person, **changes: Any) -> dict[str, Any]:
    answer = await person.post("/model-configs", json=GPT | changes)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def default_names(person: Person) -> list[str]:
    items = (await person.get("/model-configs")).json()["items"]
    return [item["name"] for item in items if item["is_default"]]


async def test_a_configuration_is_created_read_changed_and_deleted(admin: Person) -> None:
    created = await create(admin)
    assert created.items() >= GPT.items()
    path = f"/model-configs/{created['id']}"
    assert (await admin.get(path)).json() == created

    changed = (await admin.patch(path, json={"model_calls": None, "model": "gpt-5"})).json()
    assert (changed["model_calls"], changed["model"]) == (None, "gpt-5")
    assert (await admin.get(path)).json() == changed

    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404


async def test_only_name_provider_and_model_are_needed(admin: Person) -> None:
    body = {"name": "Local", "provider": "compatible", "model": "llama3.1"}

    created = (await admin.post("/model-configs", json=body)).json()

    limits = ("temperature", "max_output_tokens", "model_calls", "tokens", "seconds", "cost")
    assert [created[name] for name in limits] == [None] * 6
    assert created["is_default"] is False


@pytest.mark.parametrize("name", ["GPT", "gpt", " Gpt "])
async def test_a_name_is_taken_whatever_its_case(admin: Person, name: str) -> None:
    await create(admin)

    refused = await admin.post("/model-configs", json=GPT | {"name": name})

    assert refused.status_code == 409
    assert "with this name" in refused.json()["detail"]


async def test_a_cost_is_answered_as_it_will_be_read(admin: Person) -> None:
    created = await create(admin, cost=0.5)

    assert created["cost"] == "0.5000"
    assert (await admin.get(f"/model-configs/{created['id']}")).json() == created


@pytest.mark.parametrize("by_change", [False, True])
async def test_a_new_default_takes_that_from_the_other(admin: Person, by_change: bool) -> None:
    former = await create(admin, name="Former", is_default=True)

    if by_change:
        later = await create(admin, name="Later")
        path = f"/model-configs/{later['id']}"
        assert (await admin.patch(path, json={"is_default": True})).status_code == 200
    else:
        await create(admin, name="Later", is_default=True)

    assert await default_names(admin) == ["Later"]
    assert (await admin.get(f"/model-configs/{former['id']}")).json()["version"] == 2


async def test_both_sides_of_a_new_default_are_recorded(admin: Person) -> None:
    former = await create(admin, name="Former", is_default=True)
    later = await create(admin, name="Later")
    await admin.patch(f"/model-configs/{later['id']}", json={"is_default": True})

    items = (await admin.get("/audit", params={"type": "model_config.updated"})).json()["items"]

    assert {(item["subject_id"], item["changes"]["is_default"]["after"]) for item in items} == {
        (former["id"], False),
        (later["id"], True),
    }


async def test_the_default_stays_the_default_when_it_is_made_so_again(admin: Person) -> None:
    created = await create(admin, is_default=True)

    again = await admin.patch(f"/model-configs/{created['id']}", json={"is_default": True})

    assert again.json() == created


async def test_of_many_that_become_the_default_at_once_one_is(admin: Person) -> None:
    await create(admin, name="Former", is_default=True)
    paths = [f"/model-configs/{(await create(admin, name=f'C{n}'))['id']}" for n in range(6)]

    answers = await asyncio.gather(
        *(admin.patch(path, json={"is_default": True}) for path in paths)
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len(await default_names(admin)) == 1


async def test_the_default_may_be_deleted(admin: Person, uow: UnitOfWorkFactory) -> None:
    created = await create(admin, is_default=True)

    assert (await admin.delete(f"/model-configs/{created['id']}")).status_code == 204

    async with uow.reading(SYSTEM) as unit:
        assert await unit.model_configs.find_default() is None


async def test_configurations_are_filtered_by_provider(admin: Person) -> None:
    await create(admin, name="a")
    await create(admin, name="b", provider="azure")

    found = await admin.get("/model-configs", params={"provider": "azure"})

    assert [item["name"] for item in found.json()["items"]] == ["b"]


BAD: list[dict[str, Any]] = [
    {"api_key": "sk-..."},
    {"name": " "},
    {"name": None},
    {"provider": "aliens"},
    {"model": ""},
    {"temperature": 2.1},
    {"temperature": -0.1},
    {"temperature": True},
    {"max_output_tokens": 0},
    {"max_output_tokens": 1.5},
    {"model_calls": 0},
    {"model_calls": "3"},
    {"model_calls": True},
    {"tokens": 99},
    {"tokens": 2**31},
    {"seconds": 0},
    {"seconds": 3601},
    {"cost": 0},
    {"cost": "0.00001"},
    {"cost": "10000"},
    {"cost": "1E+30"},
    {"cost": "NaN"},
    {"cost": True},
    {"is_default": None},
    {"is_default": "yes"},
]


@pytest.mark.parametrize("bad", BAD, ids=short_id)
async def test_a_bad_configuration_names_the_field(admin: Person, bad: dict[str, Any]) -> None:
    created = await create(admin)
    path = f"/model-configs/{created['id']}"

    for answer in (
        await admin.post("/model-configs", json=GPT | {"name": "Other"} | bad),
        await admin.patch(path, json=bad),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"] == ["body", *bad]
    assert (await admin.get(path)).json() == created
