"""Programs use the tools by MCP, with the rights that their key has at that moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import ReadResourceResult, TextResourceContents
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_customer, make_task
from tests.fixtures.application import running_app
from tests.fixtures.people import Person, SignedIn, with_key
from tests.fixtures.waiting import eventually

URL = "http://testserver/mcp"
BEGIN, END = "<foreign_text>\n", "\n</foreign_text>"
MESSAGE = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
PLAIN = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}


@pytest.fixture(scope="module")
async def serving(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application with the MCP server."""
    async with served_by(settings) as app:
        yield app


@pytest.fixture
def served(
    serving: httpx2.AsyncClient, tools: None, client: httpx2.AsyncClient
) -> httpx2.AsyncClient:
    """The same, while all tools are switched on."""
    return serving


@asynccontextmanager
async def served_by(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Started and stopped by one task, as a server does: the library insists on it."""
    on = settings.mcp.model_copy(update={"enabled": True})
    ready: asyncio.Future[httpx2.AsyncClient] = asyncio.Future()
    ended = asyncio.Event()

    async def run() -> None:
        async with running_app(settings.model_copy(update={"mcp": on})) as app:
            ready.set_result(app)
            await ended.wait()

    running = asyncio.create_task(run())
    yield await ready
    ended.set()
    await running


def bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


@asynccontextmanager
async def connected(
    served: httpx2.AsyncClient, person: Person, **options: Any
) -> AsyncIterator[Client]:
    """The client of the official SDK."""
    transport = served._transport  # to send other headers than its client
    async with (
        httpx2.AsyncClient(transport=transport, headers=bearer(person)) as http,
        Client(streamable_http_client(URL, http_client=http), **options) as client,
    ):
        yield client


async def called(client: Client, tool: str, **arguments: Any) -> Any:
    """The result of a tool that is not refused."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    return answer.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error, answer.structured_content
    (content,) = answer.content
    assert content.type == "text"
    return content.text


async def names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


async def test_a_program_uses_the_tools_and_is_recorded_as_an_agent(
    served: httpx2.AsyncClient, member: Person, admin: Person
) -> None:
    async with connected(served, await with_key(member)) as client:
        made = await called(client, "create_task", title="Write the offer")
        found = await called(client, "find_tasks", q="offer")

    assert found["items"][0]["id"] == made["id"]
    (event,) = (await admin.get("/audit?type=task.created")).json()["items"]
    assert (event["actor_id"], event["means"]) == (str(member.user.id), "agent")


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_older_and_newer_revisions_are_served(
    served: httpx2.AsyncClient, member: Person, mode: Any
) -> None:
    async with connected(served, member, mode=mode) as client:
        assert "create_task" in await names(client)
        assert (await called(client, "create_task", title="Call"))["title"] == "Call"


async def test_the_tools_are_those_that_the_caller_may_use(
    served: httpx2.AsyncClient, member: Person, viewer: Person, admin: Person
) -> None:
    key = await with_key(member, permissions=["tasks:read"])
    async with connected(served, key) as client:
        narrowed = await names(client)
        assert "this API key" in await refused(client, "create_task", title="Call")
    async with connected(served, viewer) as client:
        reading = await client.list_tools()
    async with connected(served, admin) as client:
        everything = await names(client)

    actions = {"read_planned_action", "confirm_planned_action"}
    assert narrowed == {"find_tasks", "read_task"} | actions
    assert {each.name for each in reading.tools} < everything
    assert all(
        each.annotations and each.annotations.read_only_hint
        for each in reading.tools
        if each.name not in actions
    )


async def test_a_tool_that_is_switched_off_is_neither_offered_nor_called(
    served: httpx2.AsyncClient, admin: Person
) -> None:
    found = (await admin.get("/tools?limit=200")).json()["items"]
    (tool,) = [each for each in found if each["name"] == "create_task"]
    await admin.patch(f"/tools/{tool['id']}", json={"is_enabled": False})
    async with connected(served, admin) as client:
        assert "create_task" not in await names(client)
        assert "switched off" in await refused(client, "create_task", title="Call")


async def test_a_permission_that_is_lost_is_missed_at_the_next_call(
    served: httpx2.AsyncClient, member: Person, admin: Person
) -> None:
    async with connected(served, member) as client:
        assert "create_task" in await names(client)
        path = f"/users/{member.user.id}/role"
        assert (await admin.put(path, json={"role": "viewer"})).status_code == 200
        # `/users/me` reads the row; who may do what is known from a cache.
        path, task = "/api/v1/tasks", {"title": "Call"}
        await eventually(403, lambda: served.post(path, json=task, headers=bearer(member)))

        assert "permission" in await refused(client, "create_task", title="Call")
        assert "create_task" not in await names(client)


async def test_a_key_that_is_revoked_gets_in_no_more(
    served: httpx2.AsyncClient, member: Person
) -> None:
    key = await with_key(member)
    async with connected(served, key) as client:
        await client.list_tools()
        (made,) = (await member.get("/api-keys")).json()["items"]
        await member.delete(f"/api-keys/{made['id']}")
        await eventually(401, lambda: served.get("/api/v1/users/me", headers=bearer(key)))
        with pytest.raises(MCPError):
            await client.list_tools()


async def test_bad_arguments_are_told_to_the_model(
    served: httpx2.AsyncClient, member: Person
) -> None:
    async with connected(served, member) as client:
        assert "title" in await refused(client, "create_task")
        assert "painted" in await refused(client, "create_task", title="Call", painted=True)
        assert "no longer exists" in await refused(client, "paint_task")
        assert "action_id" in await refused(client, "confirm_planned_action", action_id="1")
        nul = await refused(client, "create_task", title="a\x00")
        assert nul.startswith("title: must not contain NUL")
        more = {"action_id": str(uuid4()), "painted": True}
        assert (await refused(client, "confirm_planned_action", **more)).startswith("painted: ")


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_mistake_of_ours_tells_nothing_but_where_to_look(
    served: httpx2.AsyncClient, member: Person, database: Database, mode: Any
) -> None:
    async with connected(served, member, mode=mode) as client:
        with pytest.raises(MCPError) as failed:
            async with renamed(database, "tasks", "tasks_away"):
                await client.call_tool("find_tasks", {})

    assert "request_id" in failed.value.error.message
    assert set(failed.value.error.data) == {"request_id"}
    assert "tasks" not in failed.value.error.message


@asynccontextmanager
async def renamed(database: Database, table: str, name: str) -> AsyncIterator[None]:
    async with database.engine.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))
    try:
        yield
    finally:
        async with database.engine.begin() as connection:
            await connection.execute(text(f"ALTER TABLE {name} RENAME TO {table}"))


async def planned(client: Client, admin: Person) -> tuple[str, str]:
    """The ids of a task that is to be deleted, and of the plan."""
    task = (await admin.post("/tasks", json={"title": "Old"})).json()["id"]
    told = await called(client, "delete_task", task_id=task)
    return task, str(told["action_id"])


async def test_what_can_not_be_undone_is_planned_and_confirmed(
    served: httpx2.AsyncClient, admin: Person
) -> None:
    async with connected(served, await with_key(admin)) as client:
        task, action = await planned(client, admin)
        assert (await admin.get(f"/tasks/{task}")).status_code == 200
        plan = await called(client, "read_planned_action", action_id=action)
        assert plan["plan"] == "Delete the task Old for good."

        done = await called(client, "confirm_planned_action", action_id=action)
        assert (done["status"], done["result"]) == ("done", {"deleted": task})
        assert "already been confirmed" in await refused(
            client, "confirm_planned_action", action_id=action
        )
    assert (await admin.get(f"/tasks/{task}")).status_code == 404
    events = (await admin.get("/audit?subject_kind=planned_action")).json()["items"]
    assert {each["means"] for each in events} == {"agent"}


async def test_what_a_program_has_planned_its_person_may_confirm(
    served: httpx2.AsyncClient, admin: Person
) -> None:
    async with connected(served, await with_key(admin)) as client:
        task, action = await planned(client, admin)
    answer = await admin.post("/agent/act", json={"confirm": action})

    assert answer.status_code == 200
    assert (await admin.get(f"/tasks/{task}")).status_code == 404


async def test_another_key_confirms_nothing_that_it_may_not(
    served: httpx2.AsyncClient, admin: Person, signed_in: SignedIn
) -> None:
    async with connected(served, await with_key(admin)) as client:
        task, action = await planned(client, admin)
    others = await signed_in(Role.ADMIN)
    narrowed = ["tasks:read", "tasks:delete"]
    for key, reason in (
        (await with_key(others), "There is no action"),
        (await with_key(admin, permissions=narrowed), "This API key is narrowed"),
        (await with_key(admin, permissions=["tasks:read", "assistant:use"]), "tasks:delete"),
    ):
        async with connected(served, key) as client:
            said = await refused(client, "confirm_planned_action", action_id=action)
            assert reason in said
    assert (await admin.get(f"/tasks/{task}")).status_code == 200


async def test_a_narrowed_key_confirms_what_it_has_planned(
    served: httpx2.AsyncClient, admin: Person
) -> None:
    key = await with_key(admin, permissions=["tasks:read", "tasks:delete"])
    async with connected(served, key) as client:
        task, action = await planned(client, admin)
        await called(client, "confirm_planned_action", action_id=action)
    assert (await admin.get(f"/tasks/{task}")).status_code == 404


async def test_two_processes_answer_one_client(
    served: httpx2.AsyncClient, settings: Settings, admin: Person
) -> None:
    async with served_by(settings) as other:
        turns = [served._transport, other._transport]  # as above

        class InTurn(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
                turns.reverse()
                return await turns[0].handle_async_request(request)

        async with httpx2.AsyncClient(transport=InTurn(), headers=bearer(admin)) as http:
            for mode in ("legacy", "auto"):
                stream = streamable_http_client(URL, http_client=http)
                async with Client(stream, mode=mode) as client:
                    _, action = await planned(client, admin)
                    done = await called(client, "confirm_planned_action", action_id=action)
                    assert done["status"] == "done"


def content_of(read: ReadResourceResult) -> str:
    (content,) = read.contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def test_resources_are_read_by_the_tools(
    served: httpx2.AsyncClient, member: Person, uow: UnitOfWorkFactory
) -> None:
    customer = make_customer(owner_id=member.user.id)
    task = make_task(title="Call her", customer_id=customer.id)
    async with uow(SYSTEM) as unit:
        await unit.customers.save(customer)
        await unit.tasks.save(task)
        await unit.commit()
    files = {"file": ("notes.txt", b"Ada " * 10_000, "text/plain")}
    file = (await member.post("/files", files=files)).json()["id"]
    async with connected(served, member) as client:
        templates = (await client.list_resource_templates()).resource_templates
        assert (await client.list_resources()).resources == []
        timeline = await client.read_resource(f"app://customers/{customer.id}/timeline")
        of_file = await client.read_resource(f"app://files/{file}/text")
        for uri in ("app://painters/1", f"app://files/{uuid4()}/text", "app://files/1/text"):
            with pytest.raises(MCPError):
                await client.read_resource(uri)

    assert [each.name for each in templates] == ["customer_timeline", "read_file"]
    entries = json.loads(content_of(timeline))["entries"]
    assert [each["title"] for each in entries if each["kind"] == "task"] == ["Call her"]
    assert content_of(of_file).startswith("<foreign_text>\nAda Ada")
    assert content_of(of_file).endswith("call read_file with start=32000.")


@pytest.mark.parametrize("end", [b"", "é".encode()[:1]])
async def test_a_file_is_read_in_pieces_without_a_letter_torn_apart(
    served: httpx2.AsyncClient, member: Person, end: bytes
) -> None:
    text = f"a{'é' * 40_000}"
    files = {"file": ("notes.txt", text.encode() + end, "text/plain")}
    file = (await member.post("/files", files=files)).json()["id"]
    read, start = "", 0
    async with connected(served, member) as client:
        while start is not None:
            piece = await called(client, "read_file", file_id=file, start=start)
            read += piece["foreign_text"].removeprefix(BEGIN).removesuffix(END)
            start = piece["next_start"]

    assert read == text + end.decode(errors="replace")


async def test_a_resource_is_not_read_without_its_permission(
    served: httpx2.AsyncClient, member: Person
) -> None:
    key = await with_key(member, permissions=["tasks:read"])
    async with connected(served, key) as client:
        assert (await client.list_resource_templates()).resource_templates == []
        with pytest.raises(MCPError, match="permission"):
            await client.read_resource(f"app://customers/{uuid4()}/timeline")


async def test_four_calls_of_a_person_run_at_once(
    served: httpx2.AsyncClient, member: Person
) -> None:
    async with connected(served, member) as client:
        made = await asyncio.gather(
            *(called(client, "create_task", title=f"Task {number}") for number in range(12))
        )
    assert len({each["id"] for each in made}) == 12


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer mvp_wrong"}, 401),
        ({"Authorization": "Basic YTpi"}, 401),
    ],
)
async def test_nobody_gets_in_without_a_credential(
    served: httpx2.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await served.post("/mcp", json=MESSAGE, headers=headers | PLAIN)

    assert answer.status_code == status
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "/problems/not-authenticated"


async def test_pages_of_unknown_origins_are_refused(
    served: httpx2.AsyncClient, member: Person
) -> None:
    headers = bearer(member) | PLAIN | {"Origin": "https://elsewhere.example.com"}

    assert (await served.post("/mcp", json=MESSAGE, headers=headers)).status_code == 403


async def test_where_every_origin_may_call_the_api_it_may_call_this(
    settings: Settings, tools: None, client: httpx2.AsyncClient, member: Person
) -> None:
    """In development: production refuses to start with that."""
    server = settings.server.model_copy(update={"cors_origins": ["*"]})
    headers = bearer(member) | PLAIN | {"Origin": "http://localhost:5173"}

    async with served_by(settings.model_copy(update={"server": server})) as app:
        answer = await app.post("/mcp", json=MESSAGE, headers=headers)

    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_streams_and_sessions_are_not_offered(
    served: httpx2.AsyncClient, member: Person
) -> None:
    assert (await served.get("/mcp", headers=bearer(member))).status_code == 405
    assert (await served.delete("/mcp", headers=bearer(member))).status_code == 405
    answer = await served.post("/mcp", json=MESSAGE, headers=bearer(member) | PLAIN)
    assert answer.status_code == 200
    assert "mcp-session-id" not in answer.headers


async def test_large_messages_are_refused(served: httpx2.AsyncClient, member: Person) -> None:
    large = MESSAGE | {"params": {"x": "x" * 1_100_000}}

    answer = await served.post("/mcp", json=large, headers=bearer(member) | PLAIN)
    assert answer.status_code == 413


async def test_without_the_setting_there_is_no_server(member: Person) -> None:
    answer = await member.client.post("/mcp", json=MESSAGE, headers=bearer(member) | PLAIN)

    assert answer.status_code == 404


async def test_fastmcp_is_a_client_of_it(served: httpx2.AsyncClient, member: Person) -> None:
    async with fast_client(served, member) as client:
        assert "create_task" in {tool.name for tool in await client.list_tools()}
        made = await client.call_tool("create_task", {"title": "By another client"})
        assert made.structured_content["title"] == "By another client"


async def test_an_agent_of_pydantic_ai_is_a_client_of_it(
    served: httpx2.AsyncClient, member: Person
) -> None:
    from pydantic_ai import Agent  # noqa: PLC0415  # as below
    from pydantic_ai.mcp import MCPToolset  # noqa: PLC0415
    from pydantic_ai.models.test import TestModel  # noqa: PLC0415

    toolset = MCPToolset(fast_client(served, member))
    agent = Agent(TestModel(call_tools=["find_tasks"]), toolsets=[toolset])
    await member.post("/tasks", json={"title": "Water the plants"})
    async with agent:
        answer = await agent.run("What is to be done?")

    assert "find_tasks" in answer.output


def fast_client(served: httpx2.AsyncClient, member: Person) -> Any:
    """Imported here, as each process that collects tests would import its thousand modules."""
    from fastmcp import Client as FastClient  # noqa: PLC0415
    from fastmcp.client.transports import StreamableHttpTransport  # noqa: PLC0415

    transport = StreamableHttpTransport(
        URL, headers=bearer(member), httpx_client_factory=factory(served)
    )
    return FastClient(transport)


def factory(served: httpx2.AsyncClient) -> Any:
    def make(**options: Any) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
        return httpx2.AsyncClient(transport=served._transport, **options)  # as above

    return make
