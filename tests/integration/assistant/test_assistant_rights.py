"""The assistant, crews and flows stop when the rights of who they work for do."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest

from backend.core.scopes import SYSTEM
from backend.models.background.executions import Execution, ExecutionStatus
from backend.models.platform.job_requests import Queue
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.fixtures.assistant import STREAMED, begin_chat, say
from tests.fixtures.http_server import until
from tests.fixtures.jobs import Jobs
from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.people import Person
from tests.fixtures.waiting import SECONDS
from tests.fixtures.workflow_runs import ask, crew, steps_of, task
from tests.integration.background.test_execution_events import events_in

Json = dict[str, Any]


async def demote(admin: Person, person: Person) -> None:
    answer = await admin.put(f"/users/{person.user.id}/role", json={"role": "viewer"})
    assert answer.is_success, answer.text


async def deactivate(admin: Person, person: Person) -> None:
    answer = await admin.post(f"/users/{person.user.id}/deactivate")
    assert answer.is_success, answer.text


async def titles(admin: Person) -> list[str]:
    return [each["title"] for each in (await admin.get("/tasks")).json()["items"]]


async def meanwhile(
    model: OpenAiServer, asked: Awaitable[httpx2.Response], change: Callable[[], Awaitable[None]]
) -> httpx2.Response:
    """What comes of a request, if something changes while the model is asked."""
    model.hold()
    asking = asyncio.ensure_future(asked)
    await until(lambda: bool(model.requests))
    await change()
    model.release()
    return await asking


async def test_a_tool_is_refused_when_the_role_has_lost_its_permission(
    member: Person, admin: Person, model: OpenAiServer
) -> None:
    model.call("create_task", {"title": "Too late"})
    model.say("I may not do this.")

    answer = await meanwhile(
        model,
        member.post("/agent/act", json={"request": "Create a task"}),
        lambda: demote(admin, member),
    )

    assert answer.status_code == 200
    (action,) = answer.json()["actions"]
    assert action["outcome"] == "refused"
    assert "tasks:write" in action["result"]
    assert await titles(admin) == []


@pytest.mark.parametrize("in_chat", [True, False])
async def test_no_tool_is_called_for_a_deactivated_account(
    member: Person, admin: Person, model: OpenAiServer, in_chat: bool
) -> None:
    model.call("create_task", {"title": "Too late"})
    chat = await begin_chat(member)
    asked = {"request": "Create a task"} | ({"chat_id": chat} if in_chat else {})

    answer = await meanwhile(
        model, member.post("/agent/act", json=asked), lambda: deactivate(admin, member)
    )

    assert (answer.status_code, answer.json()["detail"]) == (403, "The account is deactivated.")
    assert await titles(admin) == []


async def test_no_model_is_asked_for_a_deactivated_account(
    member: Person, admin: Person, model: OpenAiServer
) -> None:
    """What calls no tool is asked again: that there would be a second step."""
    model.call("create_task", "{ no JSON")

    answer = await meanwhile(
        model,
        member.post("/agent/act", json={"request": "Create a task"}),
        lambda: deactivate(admin, member),
    )

    assert answer.status_code == 403
    assert len(model.requests) == 1


async def test_an_answer_ends_while_it_comes(
    member: Person, admin: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.slow(*["word "] * 60, seconds_between=0.1)
    asking = asyncio.ensure_future(say(member, chat, "Tell me a lot", headers=STREAMED))
    await until(lambda: bool(model.requests))

    await deactivate(admin, member)

    events = events_in(await asking)
    assert events[-1]["event"] == "error"
    assert events[-1]["data"]["detail"] == "The account is deactivated."
    said = sum(event["event"] == "text" for event in events)
    assert 0 < said < 60


async def test_the_end_of_the_session_ends_its_answers(
    member: Person, model: OpenAiServer, admin: Person
) -> None:
    model.call("create_task", {"title": "Too late"})

    async def sign_out() -> None:
        assert (await member.post("/auth/logout")).is_success

    answer = await meanwhile(
        model, member.post("/agent/act", json={"request": "Create a task"}), sign_out
    )

    assert answer.status_code == 401
    assert await titles(admin) == []


FLOW = {
    "nodes": [
        {"name": "think", "kind": "agent", "role": "Planner", "task": "What is to be done?"},
        {"name": "note", "kind": "tool", "tool": "create_task", "arguments": {"title": "Too late"}},
    ],
    "edges": [{"from": "think", "to": "note"}],
}


async def while_at_work(
    uow: UnitOfWorkFactory,
    jobs: Jobs,
    model: OpenAiServer,
    asked: Json,
    change: Callable[[], Awaitable[None]],
) -> Execution:
    """How an execution ends, if something changes while its model is asked."""
    model.hold()
    async with jobs.supervisor(Queue.EXECUTIONS).running(), asyncio.timeout(SECONDS):
        await until(lambda: bool(model.requests))
        await change()
        model.release()
        while True:
            async with uow.reading(SYSTEM) as unit:
                found = await unit.executions.get(UUID(asked["id"]))
            if not found.is_active:
                return found
            await asyncio.sleep(0.02)


async def test_a_step_of_a_flow_is_refused_when_the_role_has_lost_its_permission(
    member: Person, admin: Person, jobs: Jobs, model: OpenAiServer, uow: UnitOfWorkFactory
) -> None:
    model.say("Something.")
    asked = await ask(member, "flow", definition=FLOW)

    done = await while_at_work(uow, jobs, model, asked, lambda: demote(admin, member))

    assert done.status is ExecutionStatus.FAILED
    assert done.error == (
        "The step note has failed: The tool create_task needs the permission tasks:write; the role "
        "viewer does not have it."
    )
    assert await titles(admin) == []
    assert list(await steps_of(member, asked)) == ["definition", "think"]


@pytest.mark.parametrize("kind", ["crew", "flow"])
async def test_work_for_a_deactivated_account_ends(
    member: Person,
    admin: Person,
    jobs: Jobs,
    model: OpenAiServer,
    uow: UnitOfWorkFactory,
    kind: str,
) -> None:
    model.say("Something.")
    definition = FLOW if kind == "flow" else crew(task("one"), task("two"))
    asked = await ask(member, kind, definition=definition)

    done = await while_at_work(uow, jobs, model, asked, lambda: deactivate(admin, member))

    assert done.status is ExecutionStatus.FAILED
    assert "The account is deactivated." in (done.error or "")
    assert len(model.requests) == 1
    assert await titles(admin) == []
