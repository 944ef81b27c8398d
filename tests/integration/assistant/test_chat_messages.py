"""What is said in chats, and what the assistant answers."""

import asyncio
from datetime import timedelta
from uuid import UUID

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.assistant.chat_messages import MessageRole, MessageStatus
from backend.models.platform.mixins import now
from backend.process_state import process_state
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.wiring import wire
from tests.factories import make_chat, make_message
from tests.fixtures.assistant import (
    STREAMED,
    answered,
    begin_chat,
    messages_of,
    say,
    told_to,
)
from tests.fixtures.http_server import until
from tests.fixtures.openai_server import MODEL, OpenAiServer
from tests.fixtures.openai_wire import Tokens
from tests.fixtures.people import Person
from tests.fixtures.waiting import SECONDS, waiting
from tests.integration.background.test_execution_events import LINE_ENDS, events_in


async def test_an_answer_is_kept_with_what_it_took(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member)
    model.say("Good ", "morning.", tokens=Tokens(120, 7))

    message = await answered(member, chat, "Hello")

    assert (message["role"], message["status"], message["text"]) == (
        "assistant",
        "complete",
        "Good morning.",
    )
    assert message["model"] == MODEL
    usage = message["usage"]
    assert (usage["model_calls"], usage["input_tokens"], usage["output_tokens"]) == (1, 120, 7)
    assert float(usage["cost"]) > 0
    said, kept = await messages_of(member, chat)
    assert (said["role"], said["position"], said["text"]) == ("user", 1, "Hello")
    assert kept == message


async def test_the_model_sees_what_was_said_before(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member)
    model.say("I am fine.")
    await answered(member, chat, "How are you?")
    model.say("Because it is sunny.")

    await answered(member, chat, "Why?")

    assert [(each["role"], each["content"]) for each in told_to(model)[1:]] == [
        ("user", "How are you?"),
        ("assistant", "I am fine."),
        ("user", "Why?"),
    ]


async def test_a_tool_works_with_the_rights_of_the_person(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.call("create_task", {"title": "Call Grace"})
    model.say("I have created it.")

    message = await answered(member, chat, "Create a task to call Grace")

    call, result, text = message["parts"]
    assert (call["kind"], call["tool"], call["arguments"]) == (
        "tool_call",
        "create_task",
        {"title": "Call Grace"},
    )
    assert (result["kind"], result["outcome"], result["result"]["title"]) == (
        "tool_result",
        "done",
        "Call Grace",
    )
    assert text == {"kind": "text", "text": "I have created it."}
    (task,) = (await member.get("/tasks")).json()["items"]
    assert task == result["result"]


async def test_what_tools_have_done_is_seen_again(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member)
    model.call("create_task", {"title": "Call Grace"})
    model.say("Done.")
    await answered(member, chat, "Create a task")
    model.say("Call Grace.")

    await answered(member, chat, "What is it called?")

    roles = [message["role"] for message in told_to(model)]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]


async def test_the_events_of_a_stream_tell_all_that_happens(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.call("find_tasks", {})
    model.say("You have ", "none.")

    events = events_in(await say(member, chat, "What have I to do?", headers=STREAMED))

    assert [event["event"] for event in events] == [
        "start",
        "tool_call",
        "tool_result",
        "text",
        "text",
        "done",
    ]
    _, kept = await messages_of(member, chat)
    assert events[0]["data"] == {"chat_id": chat, "message_id": kept["id"]}
    assert events[-1]["data"] == kept
    assert "".join(event["data"]["text"] for event in events[3:5]) == kept["text"]


async def test_what_a_model_says_does_not_break_the_lines_of_a_stream(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    said = "one" + "".join(f"{end}more" for end in LINE_ENDS)
    model.say(said)

    answer = await say(member, chat, "Speak up", headers=STREAMED)

    starts = {line.split(":")[0] for line in answer.text.splitlines() if line}
    assert starts == {"event", "data"}
    events = events_in(answer)
    assert "".join(each["data"]["text"] for each in events if each["event"] == "text") == said


async def test_the_error_of_a_stream_is_a_problem(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member)
    model.fail(401, "invalid_api_key")

    events = events_in(await say(member, chat, "Hello", headers=STREAMED))

    assert [event["event"] for event in events] == ["start", "error"]
    problem = events[-1]["data"]
    assert (problem["status"], problem["type"]) == (502, "/problems/model-failed")


async def test_after_a_failure_what_was_said_is_kept_and_the_answer_says_why(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.break_stream(after="Hel")

    failed = await say(member, chat, "Hello")

    assert failed.status_code == 502
    said, answer = await messages_of(member, chat)
    assert said["text"] == "Hello"
    assert (answer["status"], answer["text"]) == ("failed", "Hel")
    assert answer["error"] == failed.json()["detail"]


async def test_an_answer_is_written_to_its_end_when_who_asked_has_gone(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.pause("Hel", "lo")
    asking = asyncio.ensure_future(say(member, chat, "Hello"))
    await until(lambda: len(model.requests) == 1)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    model.release()

    async with asyncio.timeout(SECONDS):
        answer = (await messages_of(member, chat))[-1]
        while answer["status"] == "running":  # it is the app that changes it
            await asyncio.sleep(0.02)
            answer = (await messages_of(member, chat))[-1]
    assert answer["text"] == "Hello"


async def test_while_the_assistant_answers_nothing_else_can_be_said(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.hold()
    model.say("Hello.")
    first = asyncio.ensure_future(say(member, chat, "Hello"))
    await until(lambda: len(model.requests) == 1)

    second = await say(member, chat, "Are you there?")

    assert (second.status_code, second.json()["type"]) == (409, "/problems/conflict")
    assert (await messages_of(member, chat))[-1]["status"] == "running"
    model.release()
    assert (await first).status_code == 201
    assert len(await messages_of(member, chat)) == 2


async def test_no_connection_is_held_while_the_model_thinks(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.hold()
    model.say("Hello.")
    asking = asyncio.ensure_future(say(member, chat, "Hello"))
    await until(lambda: len(model.requests) == 1)

    metrics = (await member.client.get("/metrics")).text

    model.release()
    assert (await asking).status_code == 201
    assert "database_connections_in_use 0.0" in metrics


async def test_the_last_answer_can_be_generated_again(member: Person, model: OpenAiServer) -> None:
    chat = await begin_chat(member)
    model.say("Yes.")
    first = await answered(member, chat, "Is it raining?")
    model.say("No.")

    answer = await member.post(f"/chats/{chat}/messages/{first['id']}/regenerate")

    assert answer.status_code == 201, answer.text
    assert answer.json()["text"] == "No."
    assert [each["content"] for each in told_to(model)[1:]] == ["Is it raining?"]
    shown = await messages_of(member, chat)
    assert [(each["text"], each["is_replaced"]) for each in shown] == [
        ("Is it raining?", False),
        ("Yes.", True),
        ("No.", False),
    ]
    assert len(await messages_of(member, chat, replaced=False)) == 2


async def test_only_the_last_answer_can_be_generated_again(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.say("Yes.")
    model.say("No.")
    first = await answered(member, chat, "Is it raining?")
    await answered(member, chat, "And now?")

    answer = await member.post(f"/chats/{chat}/messages/{first['id']}/regenerate")

    assert answer.status_code == 409
    assert not (await messages_of(member, chat))[1]["is_replaced"]


async def test_what_the_person_has_said_can_be_neither_generated_nor_rated(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.say("Yes.")
    await answered(member, chat, "Is it raining?")
    said = (await messages_of(member, chat))[0]

    again = await member.post(f"/chats/{chat}/messages/{said['id']}/regenerate")
    rated = await member.put(
        f"/chats/{chat}/messages/{said['id']}/feedback", json={"rating": "good"}
    )

    assert [again.status_code, rated.status_code] == [409, 409]


async def test_an_answer_that_has_failed_is_generated_again(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.fail(500)
    model.say("Hello.")
    await say(member, chat, "Hello")
    failed = (await messages_of(member, chat))[-1]

    answer = await member.post(f"/chats/{chat}/messages/{failed['id']}/regenerate")

    assert (answer.status_code, answer.json()["text"]) == (201, "Hello.")


async def test_an_answer_is_rated_and_the_rating_taken_back(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.say("Yes.")
    message = await answered(member, chat, "Is it raining?")
    path = f"/chats/{chat}/messages/{message['id']}"

    rated = await member.put(f"{path}/feedback", json={"rating": "bad", "comment": "It is not."})
    assert (rated.json()["rating"], rated.json()["comment"]) == ("bad", "It is not.")
    assert (await member.get(path)).json() == rated.json()

    taken_back = await member.put(f"{path}/feedback", json={"rating": None})
    assert (taken_back.json()["rating"], taken_back.json()["comment"]) == (None, None)


async def test_the_same_message_with_the_same_key_is_said_once(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.say("Hello.")
    key = {"Idempotency-Key": "once"}

    first = await say(member, chat, "Hello", headers=key)
    second = await say(member, chat, "Hello", headers=key)

    assert first.json() == second.json()
    assert len(await messages_of(member, chat)) == 2
    assert len(model.requests) == 1


async def test_a_stream_that_is_asked_for_again_tells_what_there_is(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.say("Hel", "lo.")
    headers = {"Idempotency-Key": "once"} | STREAMED
    first = events_in(await say(member, chat, "Hello", headers=headers))

    again = events_in(await say(member, chat, "Hello", headers=headers))

    assert [event["event"] for event in again] == ["start", "text", "done"]
    assert again[-1]["data"] == first[-1]["data"]
    assert len(model.requests) == 1


async def test_the_same_key_after_a_failure_is_another_attempt_at_the_answer(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.fail(500)
    model.say("Hello.")
    key = {"Idempotency-Key": "once"}

    first = await say(member, chat, "Hello", headers=key)
    second = await say(member, chat, "Hello", headers=key)

    assert (first.status_code, second.status_code) == (502, 201)
    said, answer = await messages_of(member, chat)
    assert (said["text"], answer["text"], answer["status"]) == ("Hello", "Hello.", "complete")


async def test_what_can_not_be_stored_does_not_lose_the_answer(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.say("a\x00b")

    message = await answered(member, chat, "Hello")

    assert message["text"] == "a\N{REPLACEMENT CHARACTER}b"


async def test_an_answer_whose_process_has_crashed_is_ended_and_can_be_generated_again(
    member: Person, model: OpenAiServer, uow: SqlUnitOfWorkFactory, settings: Settings
) -> None:
    chat = make_chat(owner_id=member.user.id)
    said = make_message(chat_id=chat.id, role=MessageRole.USER, position=1, text="Hello")
    over = {"status": MessageStatus.RUNNING, "deadline_at": now() - timedelta(seconds=1)}
    crashed = make_message(chat_id=chat.id, position=2, **over)
    other = make_chat(owner_id=member.user.id)
    soon = {"status": MessageStatus.RUNNING, "deadline_at": now() + timedelta(minutes=1)}
    at_work = make_message(chat_id=other.id, **soon)
    async with uow(SYSTEM) as unit:
        await unit.chats.save_many([chat, other])
        await unit.chat_messages.save_many([said, crashed, at_work])
        await unit.commit()

    await wire(settings, uow, {}, process_state(settings)).assistant.chat_messages.end_abandoned()

    shown = await messages_of(member, chat.id)
    assert [each["status"] for each in shown] == ["complete", "failed"]
    assert (await messages_of(member, other.id))[0]["status"] == "running"
    assert shown[1]["error"] == "The answer was interrupted. Regenerate it."
    model.say("Hello.")
    again = await member.post(f"/chats/{chat.id}/messages/{crashed.id}/regenerate")
    assert again.json()["text"] == "Hello."


async def test_the_end_of_an_answer_waits_for_its_chat_before_it_locks_the_message(
    member: Person, model: OpenAiServer, uow: SqlUnitOfWorkFactory, database: Database
) -> None:
    """Whoever has the chat goes on to its messages: the other way round, one would be lost."""
    chat = await begin_chat(member)
    # The first answer of a process takes long: it loads what the others find there.
    model.say("Good morning.")
    await answered(member, chat, "Good morning")
    model.hold()
    model.say("Hello.")
    asking = asyncio.ensure_future(say(member, chat, "Hello"))
    await until(lambda: len(model.requests) == 2)
    async with uow(SYSTEM) as unit:
        await unit.chats.get(UUID(chat), for_update=True)
        model.release()
        async with waiting(asking, database):
            [message] = await unit.chat_messages.being_written(UUID(chat))
            message.comment = "Changed meanwhile"
            await unit.chat_messages.save(message)
            await unit.commit()

    answer = (await asking).json()
    assert (answer["text"], answer["comment"]) == ("Hello.", "Changed meanwhile")


async def test_the_clean_up_leaves_chats_that_others_are_changing(
    member: Person, uow: SqlUnitOfWorkFactory, settings: Settings
) -> None:
    chat = make_chat(owner_id=member.user.id)
    over = {"status": MessageStatus.RUNNING, "deadline_at": now() - timedelta(seconds=1)}
    async with uow(SYSTEM) as unit:
        await unit.chats.save(chat)
        await unit.chat_messages.save(make_message(chat_id=chat.id, **over))
        await unit.commit()
    messages = wire(settings, uow, {}, process_state(settings)).assistant.chat_messages

    async with uow(SYSTEM) as unit:
        await unit.chats.get(chat.id, for_update=True)
        await messages.end_abandoned()
        assert (await messages_of(member, chat.id))[0]["status"] == "running"
    await messages.end_abandoned()

    assert (await messages_of(member, chat.id))[0]["status"] == "failed"


async def test_who_writes_again_after_a_crash_need_not_wait_for_the_clean_up(
    member: Person, model: OpenAiServer, uow: SqlUnitOfWorkFactory
) -> None:
    chat = make_chat(owner_id=member.user.id)
    crashed = make_message(
        chat_id=chat.id, status=MessageStatus.RUNNING, deadline_at=now() - timedelta(seconds=1)
    )
    async with uow(SYSTEM) as unit:
        await unit.chats.save(chat)
        await unit.chat_messages.save(crashed)
        await unit.commit()
    model.say("Hello.")

    await answered(member, chat.id, "Hello")

    assert (await messages_of(member, chat.id))[0]["status"] == "failed"


async def test_the_stream_of_a_chat_that_is_deleted_meanwhile_ends(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.pause("Hel", "lo")
    asking = asyncio.ensure_future(say(member, chat, "Hello", headers=STREAMED))
    await until(lambda: len(model.requests) == 1)

    assert (await member.delete(f"/chats/{chat}")).status_code == 204
    model.release()

    events = events_in(await asking)
    assert (events[-1]["event"], events[-1]["data"]["status"]) == ("error", 404)
    assert "The chat was deleted meanwhile" in events[-1]["data"]["detail"]


async def test_an_old_message_is_answered_again_whatever_was_said_since(
    member: Person, model: OpenAiServer
) -> None:
    """Also if more was said than the model sees again."""
    chat = await begin_chat(member)
    key = {"Idempotency-Key": "once"}
    model.fail(500)
    assert (await say(member, chat, "Who are you?", headers=key)).status_code == 502
    for number in range(21):
        model.say(f"Answer {number}")
        await answered(member, chat, f"Question {number}")
    model.say("I am your assistant.")

    again = await say(member, chat, "Who are you?", headers=key)

    assert (again.status_code, again.json()["text"]) == (201, "I am your assistant.")
    assert [each["content"] for each in told_to(model)[1:]] == ["Who are you?"]


async def test_an_answer_that_was_generated_again_is_not_written_by_its_old_key(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    key = {"Idempotency-Key": "once"}
    model.fail(500)
    await say(member, chat, "Create a task", headers=key)
    failed = (await messages_of(member, chat))[-1]
    model.say("Done.")
    await member.post(f"/chats/{chat}/messages/{failed['id']}/regenerate")

    again = await say(member, chat, "Create a task", headers=key)

    assert again.status_code == 409
    assert len(model.requests) == 2


async def test_an_old_key_does_not_bring_a_second_answer_at_the_same_time(
    member: Person, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    key = {"Idempotency-Key": "once"}
    model.fail(500)
    await say(member, chat, "Hello", headers=key)
    model.pause("Hel", "lo")
    writing = asyncio.ensure_future(say(member, chat, "Hello again"))
    await until(lambda: len(model.requests) == 2)

    again = await say(member, chat, "Hello", headers=key)

    model.release()
    assert (again.status_code, (await writing).status_code) == (409, 201)
