"""Chats as a list: private, named, searched, renamed and deleted."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from backend.core.permissions import Role
from tests.fixtures.assistant import answered, begin_chat, messages_of
from tests.fixtures.http_server import until
from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.waiting import SECONDS


async def titles(person: Person, **query: Any) -> list[str]:
    answer = await person.get("/chats", params=query)
    assert answer.status_code == 200, answer.text
    return [chat["title"] for chat in answer.json()["items"]]


async def title_of(person: Person, chat: str) -> str:
    return str((await person.get(f"/chats/{chat}")).json()["title"])


async def test_a_chat_is_begun_read_renamed_and_deleted(viewer: Person) -> None:
    created = (await viewer.post("/chats", json={"title": "Offer"})).json()
    path = f"/chats/{created['id']}"
    assert (await viewer.get(path)).json() == created

    renamed = await viewer.patch(path, json={"title": "Renewal"})
    assert renamed.json()["title"] == "Renewal"

    assert (await viewer.delete(path)).status_code == 204
    assert (await viewer.get(path)).status_code == 404


async def test_a_chat_is_deleted_with_what_was_said_in_it(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.say("Hello.")
    await answered(member, chat, "Hello")

    assert (await member.delete(f"/chats/{chat}")).status_code == 204

    assert (await member.get(f"/chats/{chat}/messages")).status_code == 404


@pytest.mark.parametrize("role", Role)
async def test_nobody_else_finds_a_chat(
    signed_in: SignedIn, member: Person, role: Role, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    other = await signed_in(role)
    path = f"/chats/{chat}"

    answers = [
        await other.get(path),
        await other.patch(path, json={"title": "Mine"}),
        await other.delete(path),
        await other.get(f"{path}/messages"),
        await other.post(f"{path}/messages", json={"text": "Hello"}),
    ]

    # Guests may not ask the assistant anything, wherever.
    unknown = 403 if role is Role.GUEST else 404
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, unknown]
    assert await titles(other) == []


async def test_the_chat_in_which_something_was_said_last_comes_first(
    member: Person, model: OpenAiServer
) -> None:
    first = await begin_chat(member, title="first")
    await begin_chat(member, title="second")
    model.say("Hello.")

    await answered(member, first, "Hello")

    assert await titles(member) == ["first", "second"]
    assert await titles(member, sort="title") == ["first", "second"]
    assert await titles(member, sort="-created_at") == ["second", "first"]


async def test_chats_are_found_by_their_title_and_by_what_was_said(
    member: Person, model: OpenAiServer
) -> None:
    await begin_chat(member, title="Compilers")
    chat = await begin_chat(member, title="Other")
    model.say("She wrote the first compiler, A-0.")
    await answered(member, chat, "Who was Grace?")

    assert await titles(member, q="compiler") == ["Other", "Compilers"]
    assert await titles(member, q="grace") == ["Other"]
    assert await titles(member, q="nobody") == []


async def test_the_title_is_the_beginning_of_the_first_message_without_a_model(
    member: Person, tools: None
) -> None:
    chat = await begin_chat(member, title=None)
    assert await title_of(member, chat) == "New chat"

    await answered(member, chat, "Find customers\ncalled Grace " + "who live far away " * 9)

    title = await title_of(member, chat)
    assert title.startswith("Find customers called Grace who live")
    assert len(title) <= 80


async def test_the_model_writes_the_title_where_there_is_one(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member, title=None)
    model.say("It is sunny.")
    model.say("Weather of today")

    await answered(member, chat, "How is the weather?")

    async with asyncio.timeout(SECONDS):
        while await title_of(member, chat) != "Weather of today":  # noqa: ASYNC110  # of the app
            await asyncio.sleep(0.02)


async def test_a_title_that_the_person_has_chosen_stays(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member, title="Mine")
    model.say("It is sunny.")

    await answered(member, chat, "How is the weather?")

    assert await title_of(member, chat) == "Mine"
    assert len(model.requests) == 1


@pytest.mark.parametrize("field", ["module_id", "model_config_id"])
async def test_what_a_chat_refers_to_has_to_exist(member: Person, field: str) -> None:
    chat = await begin_chat(member)

    answers = [
        await member.post("/chats", json={field: str(uuid4())}),
        await member.patch(f"/chats/{chat}", json={field: str(uuid4())}),
    ]

    for answer in answers:
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"] == ["body", field]


async def test_a_chat_stays_when_its_module_is_deleted(member: Person) -> None:
    module = (await member.post("/modules", json={"title": "Spring"})).json()
    chat = await begin_chat(member, module_id=module["id"])
    assert await titles(member, module_id=module["id"]) == ["Mine"]

    assert (await member.delete(f"/modules/{module['id']}")).status_code == 204

    assert (await member.get(f"/chats/{chat}")).json()["module_id"] is None


async def test_the_title_of_a_chat_is_not_in_the_audit_trail(member: Person, admin: Person) -> None:
    await begin_chat(member, title="Nobody shall know")

    trail = (await admin.get("/audit", params={"subject_kind": "chat"})).text

    assert "chat.created" in trail
    assert "Nobody shall know" not in trail


async def test_the_messages_of_a_chat_come_in_pages(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member)
    for n in range(3):
        model.say(f"Answer {n}")
        await answered(member, chat, f"Question {n}")

    page = (await member.get(f"/chats/{chat}/messages", params={"limit": 4})).json()
    rest = await messages_of(member, chat, limit=4, cursor=page["next_cursor"])

    assert [each["position"] for each in page["items"] + rest] == [1, 2, 3, 4, 5, 6]


async def test_a_title_that_the_model_can_not_write_stays_as_it_is(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member, title=None)
    model.say("It is sunny.")
    model.fail(401)

    await answered(member, chat, "How is the weather?")

    await until(lambda: len(model.requests) == 2)
    assert await title_of(member, chat) == "How is the weather?"


async def test_a_title_that_is_chosen_while_the_model_writes_one_stays(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member, title=None)
    model.say("It is sunny.")
    model.pause("Weather ", "of today")
    await answered(member, chat, "How is the weather?")
    await until(lambda: len(model.requests) == 2)

    await member.patch(f"/chats/{chat}", json={"title": "Mine"})
    model.release()

    async with asyncio.timeout(SECONDS):
        used = (await member.get("/agent/usage")).json()
        while used["model_calls"] < 2:  # it is the app that counts
            await asyncio.sleep(0.02)
            used = (await member.get("/agent/usage")).json()
    assert await title_of(member, chat) == "Mine"


async def test_a_chat_goes_on_by_the_default_when_its_model_configuration_is_deleted(
    member: Person, admin: Person
) -> None:
    body = {"name": "Mine", "provider": "offline", "model": "offline"}
    config = (await admin.post("/model-configs", json=body)).json()
    chat = await begin_chat(member, model_config_id=config["id"])
    seen = (await member.get(f"/chats/{chat}")).headers["ETag"]

    assert (await admin.delete(f"/model-configs/{config['id']}")).status_code == 204

    read = await member.get(f"/chats/{chat}", headers={"If-None-Match": seen})
    assert (read.status_code, read.json()["model_config_id"]) == (200, None)


@pytest.mark.parametrize("prompt", ["a\x00b", "No such name", "x" * 65, "", 7])
async def test_a_name_that_no_prompt_can_have_is_refused(member: Person, prompt: Any) -> None:
    chat = await begin_chat(member)

    answers = [
        await member.post("/chats", json={"prompt": prompt}),
        await member.patch(f"/chats/{chat}", json={"prompt": prompt}),
        await member.post("/agent/act", json={"request": "Hello", "prompt": prompt}),
    ]

    for answer in answers:
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"] == ["body", "prompt"]
