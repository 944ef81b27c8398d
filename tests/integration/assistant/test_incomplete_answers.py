"""Answers that end before all was said, wherever they are told."""

import asyncio

import pytest

from tests.fixtures.assistant import (
    STREAMED,
    act,
    answered,
    begin_chat,
    messages_of,
    say,
    told_to,
)
from tests.fixtures.http_server import until
from tests.fixtures.jobs import Jobs
from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.openai_wire import DONE, Call, Said, chunk, words
from tests.fixtures.people import Person
from tests.fixtures.waiting import SECONDS
from tests.fixtures.workflow_runs import crew, run, steps_of, task
from tests.integration.background.test_execution_events import events_in

HALF = "The first half"


def say_half(model: OpenAiServer, reason: str = "length") -> None:
    model.script(Said([HALF], finish_reason=reason))


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_the_agent_says_that_there_should_be_more(
    member: Person, model: OpenAiServer, reason: str
) -> None:
    say_half(model, reason)

    reply = await act(member, "Tell me everything")

    assert (reply["status"], reply["incomplete_reason"]) == ("incomplete", reason)
    assert reply["text"] == HALF


async def test_what_waits_for_a_confirmation_is_told_first(
    manager: Person, model: OpenAiServer
) -> None:
    made = (await manager.post("/tasks", json={"title": "Old"})).json()
    model.call("delete_task", {"task_id": made["id"]})
    say_half(model)

    reply = await act(manager, "Delete the task")

    assert (reply["status"], reply["incomplete_reason"]) == ("to_confirm", "length")


async def test_a_whole_answer_says_nothing_of_it(member: Person, model: OpenAiServer) -> None:
    model.say("All of it.")

    reply = await act(member, "Tell me everything")

    assert (reply["status"], reply["incomplete_reason"]) == ("done", None)


async def test_an_incomplete_message_is_kept_as_such(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member)
    say_half(model)

    message = await answered(member, chat, "Tell me everything")

    assert (message["status"], message["incomplete_reason"]) == ("incomplete", "length")
    assert (message["text"], message["error"]) == (HALF, None)
    assert (await messages_of(member, chat))[-1] == message


async def test_the_stream_ends_with_the_incomplete_message(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    say_half(model)

    events = events_in(await say(member, chat, "Tell me everything", headers=STREAMED))

    assert events[-1]["event"] == "done"
    assert events[-1]["data"]["incomplete_reason"] == "length"


async def test_an_incomplete_answer_can_be_generated_again(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    say_half(model)
    message = await answered(member, chat, "Tell me everything")
    model.say("All of it.")

    again = await member.post(f"/chats/{chat}/messages/{message['id']}/regenerate")

    assert (again.json()["status"], again.json()["incomplete_reason"]) == ("complete", None)


async def test_the_same_key_gets_the_same_incomplete_answer(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    say_half(model)
    headers = {"Idempotency-Key": "everything"}
    first = await say(member, chat, "Tell me everything", headers=headers)

    again = await say(member, chat, "Tell me everything", headers=headers)

    assert again.json() == first.json()
    assert len(model.requests) == 1


async def test_half_a_title_is_none(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member, title=None)
    model.say("It is sunny.")
    say_half(model)

    await answered(member, chat, "How is the weather?")

    await until(lambda: len(model.requests) == 2)
    # What is held for the title is free again when it is over.
    await until_it_is(member, "/agent/usage", "model_calls", 2)
    assert (await member.get(f"/chats/{chat}")).json()["title"] == "How is the weather?"


async def until_it_is(person: Person, path: str, field: str, value: object) -> None:
    """Wait for what goes on after an answer."""
    async with asyncio.timeout(SECONDS):
        while (await person.get(path)).json()[field] != value:  # noqa: ASYNC110  # of the app
            await asyncio.sleep(0.02)


async def test_a_title_holds_no_thoughts(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member, title=None)
    model.say("It is sunny.")
    model.say("<think>\nThey want a", " title.</think>", "\n\nWeather of today \ud83c", "\udf1e")

    await answered(member, chat, "How is the weather?")

    await until_it_is(member, f"/chats/{chat}", "title", "Weather of today 🌞")


async def test_a_crew_hands_on_that_a_result_is_incomplete(
    member: Person, jobs: Jobs, model: OpenAiServer
) -> None:
    say_half(model)
    model.say("All of it.")

    done = await run(member, jobs, "crew", definition=crew(task("one"), task("two")))

    assert (done["status"], done["result"]["incomplete_reason"]) == ("completed", None)
    assert done["result"]["results"]["one"]["incomplete_reason"] == "length"
    assert (await steps_of(member, done))["one"]["incomplete_reason"] == "length"
    assert "Result of one, which is incomplete:" in told_to(model)[-1]["content"]


async def test_the_result_of_a_flow_says_that_its_end_is_incomplete(
    member: Person, jobs: Jobs, model: OpenAiServer
) -> None:
    say_half(model)
    node = {"name": "look", "kind": "crew", "crew": crew(task("one"))}

    done = await run(member, jobs, "flow", definition={"nodes": [node]})

    assert done["result"]["incomplete_reason"] == "length"
    assert done["result"]["results"]["look"]["incomplete_reason"] == "length"


async def test_an_incomplete_answer_by_schema_is_a_failure(
    member: Person, admin: Person, model: OpenAiServer
) -> None:
    schema = {"type": "object", "properties": {"points": {"type": "array"}}}
    made = await admin.post("/schemas", json={"name": "points", "json_schema": schema})
    cut_off = Said(calls=(Call("final_result", '{"points": ["o'),), finish_reason="length")
    model.respond = lambda _request: cut_off

    answer = await member.post(
        "/agent/act", json={"request": "List it", "schema_id": made.json()["id"]}
    )

    assert (answer.status_code, answer.json()["type"]) == (502, "/problems/model-failed")


async def test_a_thought_that_was_told_as_text_is_withdrawn_in_the_stream(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.send(*words("Hm, a plan.", "\n</think>\n\n", "It is five."), chunk({}, "stop"), DONE)

    events = events_in(await say(member, chat, "How many?", headers=STREAMED))

    told = [event["event"] for event in events]
    assert told == ["start", "text", "text", "text_withdrawn", "text", "done"]
    assert events[-1]["data"]["text"] == "It is five."
    assert (await messages_of(member, chat))[-1]["parts"] == [
        {"kind": "text", "text": "It is five."}
    ]


async def test_halves_of_an_emoji_do_not_end_a_stream(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member)
    model.call("create_task", '{"title": "Up \\ud83d"}')
    model.send(*words("Off \ud83d", "\ude80 we \ude80", "\ud83d"), chunk({}, "stop"), DONE)

    events = events_in(await say(member, chat, "Go", headers=STREAMED))

    assert events[-1]["event"] == "done"
    assert events[-1]["data"]["text"] == "Off 🚀 we ??"
    assert events[1]["data"]["arguments"] == {"title": "Up ?"}
