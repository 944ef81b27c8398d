"""Names of executions, from the model where there is one."""

from typing import Any

import pytest

from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.people import Person

REPORT: dict[str, Any] = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
OWN = "Unfinished tasks by age"


async def name_of(person: Person) -> str:
    answer = await person.post("/executions/generate-name", json=REPORT)
    assert answer.status_code == 200, answer.text
    name: str = answer.json()["name"]
    return name


async def test_the_model_writes_a_name(member: Person, model: OpenAiServer) -> None:
    model.say('"How old our tasks', ' are\n by now" ')

    assert await name_of(member) == "How old our tasks are by now"
    (request,) = model.requests
    assert "tasks_by_age" in request.body["messages"][-1]["content"]
    assert "tools" not in request.body


async def test_the_offline_model_is_not_asked(member: Person) -> None:
    assert await name_of(member) == OWN


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_without_an_answer_it_is_made_of_kind_and_inputs(
    member: Person, model: OpenAiServer, status: int
) -> None:
    model.fail(status)

    assert await name_of(member) == OWN


async def test_an_empty_answer_is_no_name(member: Person, model: OpenAiServer) -> None:
    model.say(' " " ')

    assert await name_of(member) == OWN


async def test_an_execution_waits_for_no_model(member: Person, model: OpenAiServer) -> None:
    created = await member.post("/executions", json=REPORT)

    assert created.json()["name"] == OWN
    assert model.requests == []


async def test_what_may_not_run_gets_no_name(member: Person, model: OpenAiServer) -> None:
    person_id = "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01"
    inputs = {"report": "tasks_by_age", "person_id": person_id}

    answer = await member.post(
        "/executions/generate-name", json={"kind": "report", "inputs": inputs}
    )

    assert answer.status_code == 422
    assert model.requests == []
