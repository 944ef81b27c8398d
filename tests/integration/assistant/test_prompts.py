import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.people import Person
from tests.ids import short_id

GREETING = {
    "name": "greeting",
    "description": "How a conversation begins.",
    "template": "Hello {{ person }}.",
    "variables": [{"name": "person", "description": "Who asks.", "default": None}],
}
SECOND = {"template": "Good day.", "variables": []}


async def create(person: Person, **changes: Any) -> dict[str, Any]:
    answer = await person.post("/prompts", json=GREETING | changes)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def with_two_versions(person: Person) -> str:
    """The path of a prompt with a second version, which is active."""
    path = f"/prompts/{(await create(person))['id']}"
    assert (await person.post(f"{path}/versions", json=SECOND)).status_code == 201
    return path


async def test_a_prompt_is_created_read_changed_and_deleted(admin: Person) -> None:
    created = await create(admin)
    assert created.items() >= GREETING.items()
    assert (created["active_number"], created["last_number"]) == (1, 1)
    path = f"/prompts/{created['id']}"
    assert (await admin.get(path)).json() == created

    changed = (await admin.patch(path, json={"name": "welcome"})).json()
    assert (changed["name"], changed["template"]) == ("welcome", GREETING["template"])
    assert (await admin.get(path)).json() == changed

    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert (await admin.get(f"{path}/versions")).status_code == 404


async def test_a_list_leaves_the_texts_out(admin: Person) -> None:
    created = await create(admin)

    (item,) = (await admin.get("/prompts")).json()["items"]

    assert item == {name: created[name] for name in created.keys() - {"template", "variables"}}


async def test_a_taken_name_is_refused(admin: Person) -> None:
    await create(admin)
    other = await create(admin, name="other")

    for answer in (
        await admin.post("/prompts", json=GREETING),
        await admin.patch(f"/prompts/{other['id']}", json={"name": "greeting"}),
    ):
        assert answer.status_code == 409
        assert "prompt with this name" in answer.json()["detail"]


async def test_a_prompt_begins_with_version_one(admin: Person) -> None:
    created = await create(admin)

    version = (await admin.get(f"/prompts/{created['id']}/versions/1")).json()

    assert version["template"] == GREETING["template"]
    assert version["variables"] == GREETING["variables"]
    assert (version["prompt_id"], version["number"]) == (created["id"], 1)
    assert version["created_by"] == str(admin.user.id)


async def test_a_new_version_is_active_at_once(admin: Person) -> None:
    path = f"/prompts/{(await create(admin))['id']}"

    answer = await admin.post(f"{path}/versions", json=SECOND)

    prompt = answer.json()
    assert (prompt["active_number"], prompt["last_number"]) == (2, 2)
    assert prompt["template"] == SECOND["template"]
    assert (await admin.get(path)).json() == prompt


async def test_a_new_version_may_wait_to_be_activated(admin: Person) -> None:
    path = f"/prompts/{(await create(admin))['id']}"

    prompt = (await admin.post(f"{path}/versions", json=SECOND | {"activate": False})).json()

    assert (prompt["active_number"], prompt["last_number"]) == (1, 2)
    assert prompt["template"] == GREETING["template"]
    assert (await admin.get(f"{path}/versions/2")).json()["template"] == SECOND["template"]


async def test_an_older_version_is_activated_again(admin: Person) -> None:
    path = await with_two_versions(admin)

    prompt = (await admin.post(f"{path}/activate", json={"number": 1})).json()

    assert prompt["active_number"] == 1
    assert prompt["template"] == GREETING["template"]
    assert prompt["variables"] == GREETING["variables"]
    assert (await admin.get(path)).json() == prompt


async def test_activating_the_active_version_changes_nothing(admin: Person) -> None:
    path = await with_two_versions(admin)
    before = (await admin.get(path)).json()

    assert (await admin.post(f"{path}/activate", json={"number": 2})).json() == before


async def test_a_version_that_is_not_there_can_not_be_activated(admin: Person) -> None:
    path = await with_two_versions(admin)

    refused = await admin.post(f"{path}/activate", json={"number": 3})

    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["loc"] == ["body", "number"]
    assert "the last one is 2" in error["msg"]


async def test_versions_are_listed_without_their_texts(admin: Person) -> None:
    path = await with_two_versions(admin)

    items = (await admin.get(f"{path}/versions")).json()["items"]
    oldest = await admin.get(f"{path}/versions", params={"sort": "number", "limit": 1})

    assert [item["number"] for item in items] == [2, 1]
    assert "template" not in items[0]
    assert [item["number"] for item in oldest.json()["items"]] == [1]
    assert oldest.json()["next_cursor"] is not None


async def test_versions_of_another_prompt_are_not_listed(admin: Person) -> None:
    await with_two_versions(admin)
    other = await create(admin, name="other")

    assert len((await admin.get(f"/prompts/{other['id']}/versions")).json()["items"]) == 1


async def test_of_many_versions_at_once_each_gets_a_number_of_its_own(admin: Person) -> None:
    path = f"/prompts/{(await create(admin))['id']}"

    answers = await asyncio.gather(
        *(admin.post(f"{path}/versions", json={"template": f"T{number}"}) for number in range(8))
    )

    assert sorted(answer.json()["last_number"] for answer in answers) == list(range(2, 10))
    items = (await admin.get(f"{path}/versions")).json()["items"]
    assert [item["number"] for item in items] == list(range(9, 0, -1))


async def test_an_added_version_is_recorded_with_its_text(admin: Person) -> None:
    path = f"/prompts/{(await create(admin))['id']}"
    await admin.post(f"{path}/versions", json=SECOND | {"activate": False})
    await admin.post(f"{path}/activate", json={"number": 2})

    items = (await admin.get("/audit", params={"subject_kind": "prompt"})).json()["items"]

    assert [item["type"] for item in items] == [
        "prompt.activated",
        "prompt.version_added",
        "prompt.created",
    ]
    assert items[0]["changes"]["active_number"] == {"before": 1, "after": 2}
    assert items[1]["changes"]["template"] == {"before": None, "after": SECOND["template"]}


@pytest.mark.parametrize("path", ["versions/3", "versions/2147483647"])
async def test_a_version_that_is_not_there_is_not_found(admin: Person, path: str) -> None:
    prompt = await with_two_versions(admin)

    answer = await admin.get(f"{prompt}/{path}")

    assert answer.status_code == 404


async def render(person: Person, path: str, **body: Any) -> Any:
    return (await person.post(f"{path}/render", json=body)).json()


async def test_a_prompt_is_rendered_by_whoever_may_use_it(admin: Person, viewer: Person) -> None:
    path = f"/prompts/{(await create(admin))['id']}"

    assert await render(viewer, path, variables={"person": "Ada"}) == {"text": "Hello Ada."}


async def test_another_version_is_rendered_by_its_number(admin: Person) -> None:
    path = await with_two_versions(admin)

    assert await render(admin, path) == {"text": "Good day."}
    assert await render(admin, path, number=1, variables={"person": "Ada"}) == {
        "text": "Hello Ada."
    }


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["variables", "person"]),
        ({"variables": {"person": "Ada", "age": "36"}}, ["variables", "age"]),
        ({"variables": {"person": 36}}, ["variables", "person"]),
        ({"variables": {"person": "\x00"}}, ["variables", "person"]),
        ({"number": 2}, ["number"]),
        ({"number": True}, ["number"]),
        ({"values": {}}, ["values"]),
    ],
    ids=short_id,
)
async def test_what_can_not_be_rendered_is_named(
    admin: Person, body: dict[str, Any], loc: list[str]
) -> None:
    path = f"/prompts/{(await create(admin))['id']}"

    refused = await admin.post(f"{path}/render", json=body)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", *loc]


async def test_a_text_that_grows_too_long_is_refused(admin: Person) -> None:
    path = f"/prompts/{(await create(admin, template='{{ person }}' * 11))['id']}"

    refused = await admin.post(f"{path}/render", json={"variables": {"person": "x" * 10_000}})

    assert refused.status_code == 422
    assert "more than 100,000 characters" in refused.json()["errors"][0]["msg"]


async def test_a_prompt_that_is_not_there_is_not_rendered(admin: Person) -> None:
    assert (await admin.post(f"/prompts/{uuid4()}/render", json={"number": 1})).status_code == 404


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": "Greeting"}, "name"),
    ({"name": "1st"}, "name"),
    ({"name": ""}, "name"),
    ({"name": "x" * 65}, "name"),
    ({"description": "\x00"}, "description"),
    ({"template": ""}, "template"),
    ({"template": "x" * 20_001}, "template"),
    ({"template": "\x00"}, "template"),
    ({"template": "{{ person"}, "template"),
    ({"template": "{{ person }} {{ place }}"}, "variables"),
    ({"variables": []}, "variables"),
    ({"variables": None}, "variables"),
    ({"colour": "red"}, "colour"),
    ({"active_number": 2}, "active_number"),
]


@pytest.mark.parametrize(("bad", "field"), BAD, ids=short_id)
async def test_a_bad_prompt_names_the_field(admin: Person, bad: dict[str, Any], field: str) -> None:
    refused = await admin.post("/prompts", json=GREETING | bad)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"][:2] == ["body", field]
    assert (await admin.get("/prompts")).json()["items"] == []


@pytest.mark.parametrize("bad", [{"template": "x"}, {"name": None}, {"active_number": 1}])
async def test_the_text_does_not_change_without_a_version(
    admin: Person, bad: dict[str, Any]
) -> None:
    path = f"/prompts/{(await create(admin))['id']}"

    refused = await admin.patch(path, json=bad)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", *bad]


async def test_a_bad_version_is_refused_and_uses_no_number(admin: Person) -> None:
    path = f"/prompts/{(await create(admin))['id']}"

    refused = await admin.post(f"{path}/versions", json={"template": "{{ place }}"})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", "variables"]
    assert (await admin.get(path)).json()["last_number"] == 1
