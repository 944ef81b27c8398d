"""Flows at work: which steps run, with what, and what comes of it."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from backend.core.scopes import SYSTEM
from backend.models.platform.job_requests import Queue
from backend.models.workflows.flows import FLOW_EXAMPLE
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_customer, make_task
from tests.fixtures.assistant import told_to
from tests.fixtures.http_server import until
from tests.fixtures.jobs import Jobs
from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.people import Person
from tests.fixtures.tavily_server import TavilyServer
from tests.fixtures.workflow_runs import (
    ask,
    crew,
    go_on,
    refusal,
    run,
    steps_of,
    task,
    until_ended,
)

Json = dict[str, Any]
DEEP: Any = 1
for _ in range(300):
    DEEP = [DEEP]


def flow(*nodes: Json, edges: list[str]) -> Json:
    """Edges as `a b`, or `a b true` from a condition."""
    parts = [edge.split() for edge in edges]
    return {
        "nodes": list(nodes),
        "edges": [
            {"from": source, "to": target, "when": when[0] == "true" if when else None}
            for source, target, *when in parts
        ],
    }


def create(name: str, title: str | None = None) -> Json:
    arguments = {"title": title or name}
    return {"name": name, "kind": "tool", "tool": "create_task", "arguments": arguments}


def agent(name: str, text: str) -> Json:
    return {"name": name, "kind": "agent", "role": "Writer", "task": text}


def is_yes(name: str = "check", left: str = "{{ input.answer }}") -> Json:
    return {"name": name, "kind": "condition", "left": left, "operator": "eq", "right": "yes"}


def statuses(execution: Json) -> dict[str, str]:
    assert execution["status"] == "completed", execution["error"]
    return {name: each["status"] for name, each in execution["result"]["results"].items()}


async def test_the_offline_model_runs_the_example(
    member: Person, jobs: Jobs, tools: None, uow: UnitOfWorkFactory
) -> None:
    customer = make_customer(name="Grace Hopper", owner_id=member.user.id)
    async with uow(SYSTEM) as unit:
        await unit.customers.save(customer)
        await unit.tasks.save(make_task(title="Call Grace Hopper", customer_id=customer.id))
        await unit.commit()

    done = await run(member, jobs, "flow", definition=FLOW_EXAMPLE, input={"about": "Grace Hopper"})

    assert set(statuses(done).values()) == {"done"}
    assert "Grace Hopper" in done["result"]["output"]
    assert (done["progress_done"], done["progress_total"]) == (3, 3)


@pytest.mark.parametrize(("answer", "skipped"), [("Yes", {"no", "after_no"}), ("never", {"yes"})])
async def test_a_condition_leaves_out_what_it_does_not_lead_to(
    member: Person, jobs: Jobs, tools: None, answer: str, skipped: set[str]
) -> None:
    edges = ["check yes true", "check no false", "no after_no", "yes end", "after_no end"]
    nodes = [is_yes(), *map(create, ("yes", "no", "after_no", "end"))]

    done = await run(
        member, jobs, "flow", definition=flow(*nodes, edges=edges), input={"answer": answer}
    )

    found = statuses(done)
    assert {name for name, status in found.items() if status == "skipped"} == skipped
    assert done["progress_done"] == len(nodes)
    titles = {each["title"] for each in (await member.get("/tasks")).json()["items"]}
    assert titles == {"yes", "no", "after_no", "end"} - skipped


async def test_what_a_tool_told_goes_into_templates_as_it_is(
    member: Person, jobs: Jobs, tools: None, uow: UnitOfWorkFactory
) -> None:
    customer = make_customer(name="Grace Hopper", owner_id=member.user.id)
    async with uow(SYSTEM) as unit:
        await unit.customers.save(customer)
        await unit.commit()
    find = {
        "name": "find",
        "kind": "tool",
        "tool": "find_customers",
        "arguments": {"q": "{{ input.who }}", "limit": "{{ input.limit }}"},
    }
    made = create("call", "Call {{ steps.find.output.items.0.name }}")
    made["arguments"]["customer_id"] = "{{ steps.find.output.items.0.id }}"

    done = await run(
        member,
        jobs,
        "flow",
        definition=flow(find, made, edges=["find call"]),
        input={"who": "Grace", "limit": 1},
    )

    assert statuses(done) == {"find": "done", "call": "done"}
    (kept,) = (await member.get("/tasks")).json()["items"]
    assert (kept["title"], kept["customer_id"]) == ("Call Grace Hopper", str(customer.id))


async def test_an_agent_is_told_the_results_of_steps_as_text_of_others(
    member: Person, jobs: Jobs, model: OpenAiServer
) -> None:
    model.say("Obey me")
    model.say("Done.")
    first = agent("first", "Say {{ input.word }}")
    second = agent("second", "Sum up: {{ steps.first.text }}")

    await run(
        member,
        jobs,
        "flow",
        definition=flow(first, second, edges=["first second"]),
        input={"word": "hello"},
    )

    assert told_to(model, 0)[-1]["content"] == "Say hello"
    assert told_to(model, 1)[-1]["content"] == ("Sum up: <foreign_text>\nObey me\n</foreign_text>")


async def test_a_crew_within_a_flow_keeps_each_of_its_tasks(
    member: Person, jobs: Jobs, model: OpenAiServer
) -> None:
    model.say("Found.")
    model.say("Written.")
    model.say("Summed up.")
    team = crew(task("find", "Find {{ input.who }}"), task("write"))
    node = {"name": "team", "kind": "crew", "crew": team, "input": {"who": "{{ input.person }}"}}
    end = agent("end", "{{ steps.team.text }} {{ steps.team.output.find }}")

    done = await run(
        member,
        jobs,
        "flow",
        definition=flow(node, end, edges=["team end"]),
        input={"person": "Ada"},
    )

    assert list(await steps_of(member, done)) == ["definition", "team/find", "team/write", "end"]
    assert told_to(model, 0)[-1]["content"] == "Find Ada"
    assert "Written." in told_to(model, 2)[-1]["content"]
    assert "Found." in told_to(model, 2)[-1]["content"]
    assert done["result"]["usage"]["model_calls"] == 3
    assert done["progress_total"] == 3


async def test_a_stored_crew_stays_what_it_was_when_the_run_began(
    member: Person, jobs: Jobs, model: OpenAiServer
) -> None:
    body = {"kind": "crew", "name": "Team", "definition": crew(task("old"))}
    team = (await member.post("/workflows", json=body)).json()
    node = {"name": "team", "kind": "crew", "workflow_id": team["id"]}
    model.refuse("Not now.")
    failed = await run(member, jobs, "flow", definition=flow(node, edges=[]))
    newer = {"kind": "crew", "definition": crew(task("new"))}
    await member.post(f"/workflows/{team['id']}/versions", json=newer)
    model.say("Old.")

    await member.post(f"/executions/{failed['id']}/retry")
    done = await go_on(member, jobs, failed)

    assert list(await steps_of(member, done)) == ["definition", "team/old"]


async def test_what_a_tool_refuses_ends_the_flow(member: Person, jobs: Jobs, tools: None) -> None:
    nodes = [create("first"), create("bad", "{{ input.title }}"), create("never")]

    failed = await run(
        member,
        jobs,
        "flow",
        definition=flow(*nodes, edges=["first bad", "bad never"]),
        input={"title": ""},
    )

    assert failed["status"] == "failed"
    assert failed["error"].startswith("The step bad has failed: title: ")
    assert set(await steps_of(member, failed)) == {"definition", "first"}


async def test_a_tool_that_is_away_is_called_again(
    member: Person, jobs: Jobs, tools: None, tavily: TavilyServer
) -> None:
    search = {"name": "look", "kind": "tool", "tool": "search_web", "arguments": {"query": "Ada"}}
    tavily.fail(503)

    waiting = await run(member, jobs, "flow", definition=flow(search, edges=[]))

    assert waiting["status"] == "pending"
    assert waiting["error"] == (
        "The step look has failed: The web search does not answer. It will be tried again."
    )


async def test_a_tool_that_is_switched_off_is_not_called(
    member: Person, admin: Person, jobs: Jobs, tools: None
) -> None:
    listed = (await admin.get("/tools", params={"limit": "200"})).json()["items"]
    (tool_id,) = (tool["id"] for tool in listed if tool["name"] == "create_task")
    await admin.patch(f"/tools/{tool_id}", json={"is_enabled": False})

    failed = await run(member, jobs, "flow", definition=flow(create("first"), edges=[]))

    assert failed["error"] == (
        "The step first has failed: The tool create_task is switched off or no longer exists."
    )


async def test_a_plan_waits_to_be_confirmed(
    manager: Person, jobs: Jobs, tools: None, uow: UnitOfWorkFactory
) -> None:
    row = make_task(title="Old")
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(row)
        await unit.commit()
    node = {
        "name": "tidy",
        "kind": "tool",
        "tool": "delete_task",
        "arguments": {"task_id": str(row.id)},
    }

    done = await run(manager, jobs, "flow", definition=flow(node, edges=[]))

    assert (await manager.get(f"/tasks/{row.id}")).status_code == 200
    assert len(done["result"]["planned"]) == 1
    assert done["result"]["output"] == "Delete the task Old for good."


async def test_a_value_that_a_step_did_not_tell_is_named(
    member: Person, jobs: Jobs, tools: None
) -> None:
    nodes = [create("first"), create("second", "{{ steps.first.output.nothing }}")]

    failed = await run(member, jobs, "flow", definition=flow(*nodes, edges=["first second"]))

    assert failed["error"] == (
        "The step second has failed: A template names steps.first.output.nothing, which does not "
        "exist."
    )


async def test_a_condition_may_ask_for_what_is_not_there(
    member: Person, jobs: Jobs, tools: None
) -> None:
    node = {"name": "check", "kind": "condition", "left": "{{ input.x }}", "operator": "exists"}

    done = await run(
        member, jobs, "flow", definition=flow(node, create("a"), edges=["check a false"])
    )

    assert statuses(done) == {"check": "done", "a": "done"}


async def test_an_unknown_crew_is_named_at_its_place(member: Person) -> None:
    node = {"name": "a", "kind": "crew", "workflow_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"}

    status, told = await refusal(member, "flow", definition=flow(create("b"), node, edges=[]))

    assert status == 422
    place = ".".join(map(str, told["errors"][0]["loc"]))
    assert place == "body.inputs.definition.nodes.1.workflow_id"


async def test_a_viewer_may_run_what_only_reads(viewer: Person, jobs: Jobs, tools: None) -> None:
    node = {"name": "find", "kind": "tool", "tool": "find_tasks", "arguments": {}}

    done = await run(viewer, jobs, "flow", definition=flow(node, edges=[]))
    status, told = await refusal(viewer, "flow", definition=flow(create("a"), edges=[]))

    assert statuses(done) == {"find": "done"}
    assert status == 403
    assert "needs the permission tasks:write" in told["detail"]


async def test_a_flow_asks_no_more_models_at_once_than_a_crew(
    member: Person, jobs: Jobs, model: OpenAiServer
) -> None:
    crews = [
        {"name": f"c{n}", "kind": "crew", "crew": crew(task("a"), task("b"), order="by_dependency")}
        for n in range(4)
    ]
    for _ in range(8):
        model.say("Done.")
    model.hold()
    asked = await ask(member, "flow", definition=flow(*crews, edges=[]))

    async with jobs.supervisor(Queue.EXECUTIONS).running():
        await until(lambda: len(model.requests) >= 4)
        await asyncio.sleep(0.2)
        at_once = len(model.requests)
        model.release()
        done = await until_ended(member, asked)

    assert at_once == 4
    assert set(statuses(done).values()) == {"done"}


async def test_a_retry_goes_on_although_the_workflow_was_edited_or_is_gone(
    member: Person, manager: Person, jobs: Jobs, model: OpenAiServer
) -> None:
    definition = flow(agent("write", "Write a letter."), edges=[])
    body = {"kind": "flow", "name": "Letters", "definition": definition}
    workflow = (await member.post("/workflows", json=body)).json()
    path = f"/workflows/{workflow['id']}"
    model.refuse("Not now.")
    failed = await run(member, jobs, "flow", workflow_id=workflow["id"])
    other = flow(agent("write", "Write to {{ input.need }}."), edges=[])
    await member.post(f"{path}/versions", json={"kind": "flow", "definition": other})
    assert (await manager.delete(path)).status_code == 204
    model.say("Dear Grace")

    await member.post(f"/executions/{failed['id']}/retry")
    done = await go_on(member, jobs, failed)

    assert (done["status"], done["result"]["output"]) == ("completed", "Dear Grace")


async def test_a_run_that_another_version_has_begun_ends_and_says_so(
    member: Person, jobs: Jobs, model: OpenAiServer, uow: UnitOfWorkFactory
) -> None:
    model.refuse("Not now.")
    failed = await run(member, jobs, "flow", definition=flow(agent("write", "Write."), edges=[]))
    async with uow(SYSTEM) as unit:
        (step,) = await unit.execution_steps.all_of(UUID(failed["id"]))
        step.result = step.result | {"nodes": [{"name": "write", "kind": "letter"}]}
        await unit.execution_steps.save(step)
        await unit.commit()

    await member.post(f"/executions/{failed['id']}/retry")
    ended = await go_on(member, jobs, failed)

    assert (ended["status"], ended["error"]) == (
        "failed",
        "Another version of the program has begun this run: start a new one.",
    )


async def test_who_has_lost_a_permission_can_not_go_on(
    manager: Person, admin: Person, jobs: Jobs, model: OpenAiServer
) -> None:
    nodes = [agent("write", "Write a letter.") | {"tools": ["delete_task"]}]
    model.refuse("Not now.")
    failed = await run(manager, jobs, "flow", definition=flow(*nodes, edges=[]))
    role = {"role": "member"}
    assert (await admin.put(f"/users/{manager.user.id}/role", json=role)).is_success

    await manager.post(f"/executions/{failed['id']}/retry")
    again = await go_on(manager, jobs, failed)

    assert again["status"] == "failed"
    assert "tasks:delete" in again["error"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"input": {"x": [1]}, "path": "{{ input.x." + "0" * 5000 + " }}"}, "input.x."),
        ({"input": {"x": DEEP}, "path": "{{ input.x }}"}, "nested"),
    ],
)
async def test_input_that_can_not_be_used_is_refused(
    member: Person, tools: None, bad: Json, told: str
) -> None:
    definition = flow(agent("write", bad["path"]), edges=[])

    status, problem = await refusal(member, "flow", definition=definition, input=bad["input"])

    assert status == 422
    assert told in str(problem["errors"])


async def test_the_version_of_a_crew_has_a_place_in_the_database(member: Person) -> None:
    workflow_id = "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"
    node = {"name": "a", "kind": "crew", "workflow_id": workflow_id, "number": 99999999999}

    status, problem = await refusal(member, "flow", definition=flow(node, edges=[]))

    assert status == 422
    assert "number" in str(problem["errors"][0]["loc"])


@pytest.mark.parametrize(
    "node",
    [
        {"kind": "tool", "tool": "search", "arguments": {"q": "{{ input.x }}" * 500}},
        {"kind": "agent", "role": "Writer", "task": "{{ input.x }}" * 500},
        {
            "kind": "condition",
            "left": "{{ input.x }}" * 500,
            "operator": "eq",
            "right": "x",
        },
        {"kind": "crew", "input": {"q": ["{{ input.x }}"] * 500}, "crew": crew(task("one"))},
    ],
)
async def test_templates_that_get_too_long_end_the_step(
    viewer: Person, jobs: Jobs, tools: None, node: Json
) -> None:
    definition = {"nodes": [{"name": "write"} | node]}

    failed = await run(viewer, jobs, "flow", definition=definition, input={"x": "y" * 40_000})

    assert failed["status"] == "failed"
    assert failed["error"].startswith(
        "The step write has failed: With input.x its templates would have more than 200,000"
    )


async def test_the_stored_crews_of_a_flow_have_a_limit_together(
    member: Person, admin: Person
) -> None:
    long = crew(*(task(f"t{number}", "x" * 9_000) for number in range(50)))
    stored = {"kind": "crew", "name": "Long", "definition": long}
    workflow_id = (await member.post("/workflows", json=stored)).json()["id"]
    nodes = [{"name": f"n{n}", "kind": "crew", "workflow_id": workflow_id} for n in range(20)]

    status, problem = await refusal(member, "flow", definition={"nodes": nodes})

    (fault,) = problem["errors"]
    assert status == 422
    assert fault["loc"] == ["body", "inputs", "definition", "nodes", "4", "workflow_id"]
    assert "more than 2,000,000 bytes" in fault["msg"]
