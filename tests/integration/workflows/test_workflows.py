"""Crews and flows that the team keeps, by version."""

import json
from typing import Any

import pytest

from backend.models.workflows.crews import CREW_EXAMPLE
from backend.models.workflows.flows import FLOW_EXAMPLE
from tests.fixtures.people import Person

Json = dict[str, Any]
CREW: Json = {"kind": "crew", "name": "Research", "definition": CREW_EXAMPLE}
FLOW: Json = {"kind": "flow", "name": "Summary", "definition": FLOW_EXAMPLE}

_JSON = {"Content-Type": "application/json"}


def crew_with(role: str) -> Json:
    agents = [CREW_EXAMPLE["agents"][0] | {"role": role}, CREW_EXAMPLE["agents"][1]]  # type: ignore[index]
    return {**CREW_EXAMPLE, "agents": agents}


def role_in(workflow: Json) -> str:
    role: str = workflow["definition"]["agents"][0]["role"]
    return role


def _json(body: Json) -> bytes:
    """With NaN, as clients in Python write it."""
    return json.dumps(body).encode()


async def create(person: Person, **changes: Any) -> Json:
    answer = await person.post("/workflows", json=CREW | changes)
    assert answer.status_code == 201, answer.text
    created: Json = answer.json()
    return created


async def add_version(person: Person, workflow: Json, role: str, **fields: Any) -> Json:
    body = {"kind": "crew", "definition": crew_with(role), **fields}
    answer = await person.post(f"/workflows/{workflow['id']}/versions", json=body)
    assert answer.status_code == 201, answer.text
    changed: Json = answer.json()
    return changed


async def names(person: Person, **query: Any) -> list[str]:
    answer = await person.get("/workflows", params={"sort": "name"} | query)
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


async def test_a_workflow_begins_with_its_first_version(member: Person) -> None:
    created = await create(member)

    path = f"/workflows/{created['id']}"
    assert (created["active_number"], created["last_number"]) == (1, 1)
    assert role_in(created) == "Researcher"
    assert (await member.get(path)).json() == created
    (version,) = (await member.get(f"{path}/versions")).json()["items"]
    assert (version["number"], version["created_by"]) == (1, str(member.user.id))
    whole = (await member.get(f"{path}/versions/1")).json()
    assert whole == version | {"definition": created["definition"]}


async def test_a_flow_is_kept_as_it_was_sent(member: Person) -> None:
    created = (await member.post("/workflows", json=FLOW)).json()

    last = created["definition"]["edges"][1]
    assert last == {"from": "any_left", "to": "summarise", "when": True}


async def test_another_version_runs_from_now_on(member: Person) -> None:
    created = await create(member)

    changed = await add_version(member, created, "Detective")

    assert (changed["active_number"], changed["last_number"]) == (2, 2)
    assert role_in(changed) == "Detective"
    first = (await member.get(f"/workflows/{created['id']}/versions/1")).json()
    assert role_in(first) == "Researcher"


async def test_a_version_may_wait_until_it_is_activated(member: Person) -> None:
    created = await create(member)
    changed = await add_version(member, created, "Detective", activate=False)
    assert (changed["active_number"], changed["last_number"]) == (1, 2)
    assert role_in(changed) == "Researcher"

    answer = await member.post(f"/workflows/{created['id']}/activate", json={"number": 2})

    assert answer.status_code == 200, answer.text
    assert (answer.json()["active_number"], role_in(answer.json())) == (2, "Detective")


async def test_a_version_that_there_is_not_can_not_be_activated(member: Person) -> None:
    created = await create(member)

    answer = await member.post(f"/workflows/{created['id']}/activate", json={"number": 2})

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["loc"] == ["body", "number"]
    assert error["msg"] == "There is no version 2: versions are numbered 1 to 1."


async def test_a_version_is_of_the_kind_of_its_workflow(member: Person) -> None:
    created = await create(member)

    body = {"kind": "flow", "definition": FLOW_EXAMPLE}
    answer = await member.post(f"/workflows/{created['id']}/versions", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "kind"]


@pytest.mark.parametrize("name", ["Research", " RESEARCH "])
async def test_a_name_is_that_of_one_workflow_of_its_kind(member: Person, name: str) -> None:
    await create(member)

    assert (await member.post("/workflows", json=CREW | {"name": name})).status_code == 409
    assert (await member.post("/workflows", json=FLOW | {"name": name})).status_code == 201


async def test_an_error_names_its_place_in_the_definition(member: Person) -> None:
    nodes = [*FLOW_EXAMPLE["nodes"], {"name": "find", "kind": "tool", "tool": "find_tasks"}]

    answer = await member.post(
        "/workflows", json=FLOW | {"definition": {**FLOW_EXAMPLE, "nodes": nodes}}
    )

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["loc"] == ["body", "definition", "nodes", 3, "name"]
    assert error["msg"] == "There is another one called find: rename one."


@pytest.mark.parametrize("value", ["\x00", float("nan")])
async def test_what_the_database_can_not_store_is_refused(member: Person, value: Any) -> None:
    node = {"name": "a", "kind": "tool", "tool": "find_tasks", "arguments": {"q": [value]}}
    body = FLOW | {"definition": {"nodes": [node]}}

    answer = await member.post("/workflows", content=_json(body), headers=_JSON)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][:5] == ["body", "definition", "nodes", 0, "arguments"]


async def test_they_are_listed_by_kind_and_found_by_words(member: Person) -> None:
    await create(member)
    await create(member, name="Planning", description="Of the next week.")
    await member.post("/workflows", json=FLOW)

    assert await names(member) == ["Planning", "Research", "Summary"]
    assert await names(member, kind="flow") == ["Summary"]
    assert await names(member, q="week") == ["Planning"]


async def test_a_list_leaves_definitions_out(member: Person) -> None:
    await create(member)

    (listed,) = (await member.get("/workflows")).json()["items"]

    assert "definition" not in listed


async def test_a_workflow_goes_with_its_versions(manager: Person) -> None:
    created = await create(manager)
    path = f"/workflows/{created['id']}"

    assert (await manager.delete(path)).status_code == 204

    assert (await manager.get(path)).status_code == 404
    assert (await manager.get(f"{path}/versions")).status_code == 404
    assert (await manager.get(f"{path}/versions/1")).status_code == 404


async def test_changes_are_told_of_without_the_definition(admin: Person) -> None:
    created = await create(admin)
    await add_version(admin, created, "Detective", activate=False)
    await admin.post(f"/workflows/{created['id']}/activate", json={"number": 2})

    answer = await admin.get("/audit", params={"subject_kind": "workflow", "sort": "occurred_at"})

    told = [(event["type"], event["changes"]) for event in answer.json()["items"]]
    assert [name for name, _ in told] == [
        "workflow.created",
        "workflow.version_added",
        "workflow.activated",
    ]
    assert "definition" not in told[0][1]
    assert told[1][1] == {"last_number": {"before": 1, "after": 2}}
    assert told[2][1] == {"active_number": {"before": 1, "after": 2}}
