"""What was done is written down, although the process stops while it is written."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.assistant.requests import AssistantRequest
from backend.models.assistant.usage_records import UsageRecord
from backend.process_state import process_state
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.assistant.wiring import AssistantServices
from backend.services.platform.completion import completed
from backend.wiring import wire
from tests.fixtures.assistant import act, begin_chat, messages_of
from tests.fixtures.http_server import until
from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.people import Person
from tests.fixtures.waiting import until_waiting


@pytest.fixture
def assistant(settings: Settings, uow: SqlUnitOfWorkFactory) -> AssistantServices:
    """That of a process which can be stopped."""
    return wire(settings, uow, {}, process_state(settings)).assistant


async def test_an_answer_that_is_complete_is_kept(
    assistant: AssistantServices,
    member: Person,
    model: OpenAiServer,
    uow: SqlUnitOfWorkFactory,
    database: Database,
) -> None:
    chat = await begin_chat(member)
    model.hold()
    model.say("Good morning.")
    await assistant.chat_messages.send(UUID(chat), "Hello", member.principal)
    await until(lambda: len(model.requests) == 1)
    async with uow(SYSTEM) as unit:
        await unit.chats.get(UUID(chat), for_update=True)
        model.release()
        await until_waiting(database)
        # As the program does where the database is slow: see `_interrupt` in `backend/main.py`.
        early = asyncio.ensure_future(assistant.writer.close())
        await asyncio.sleep(0.05)
        early.cancel()
        closing = asyncio.ensure_future(assistant.writer.close())
        await asyncio.sleep(0.05)
    await closing

    _, answer = await messages_of(member, chat)
    assert (answer["status"], answer["text"]) == ("complete", "Good morning.")


async def test_the_outcome_of_a_confirmed_action_is_kept(
    assistant: AssistantServices,
    manager: Person,
    model: OpenAiServer,
    uow: SqlUnitOfWorkFactory,
    database: Database,
) -> None:
    chat = await begin_chat(manager)
    task = (await manager.post("/tasks", json={"title": "Call Grace"})).json()
    model.call("delete_task", {"task_id": task["id"]})
    model.say("Please confirm.")
    (action,) = (await act(manager, "Delete it", chat_id=chat))["planned"]
    async with uow(SYSTEM) as unit:
        await unit.chats.get(UUID(chat), for_update=True)
        confirming = asyncio.ensure_future(
            assistant.actions.confirm(UUID(action["id"]), manager.principal)
        )
        await until_waiting(database)
        confirming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await confirming

    kept = await assistant.actions.read(UUID(action["id"]), manager.principal)
    assert (kept.status, kept.result) == ("done", {"deleted": task["id"]})


async def test_what_an_answer_has_used_is_counted(
    assistant: AssistantServices,
    member: Person,
    model: OpenAiServer,
    uow: SqlUnitOfWorkFactory,
    database: Database,
) -> None:
    model.hold()
    model.say("Good morning.")
    asked = AssistantRequest(request="Hello")
    asking = asyncio.ensure_future(assistant.agent.act(asked, member.principal))
    await until(lambda: len(model.requests) == 1)
    async with database.reading_session() as session:
        (run,) = (await session.exec(select(UsageRecord.id))).all()
    async with uow(SYSTEM) as unit:
        await unit.usage_records.get(run, for_update=True)
        model.release()
        await until_waiting(database)
        asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert (await assistant.agent.usage(member.principal)).model_calls == 1


async def test_who_is_cancelled_twice_waits_for_the_end() -> None:
    may_end = asyncio.Event()
    done: list[str] = []

    async def work() -> None:
        await may_end.wait()
        done.append("work")

    async def wait_for(work: Coroutine[Any, Any, None]) -> None:
        try:
            await completed(work)
        finally:
            done.append("caller")

    waiting = asyncio.ensure_future(wait_for(work()))
    for _ in range(2):
        await asyncio.sleep(0)
        waiting.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert done == ["work", "caller"]
