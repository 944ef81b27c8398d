"""Tools that language models call, and conversations that go on."""

import json
from typing import Any

import pytest

from backend.core.errors import ConflictError
from backend.integrations.assistant.language_models import LanguageModelsOnDemand
from backend.models.assistant.chat_messages import MessageRole
from backend.models.assistant.message_parts import (
    CallOutcome,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from backend.services.assistant.language_models import OfferedTool, ToolOutcome, Turn
from tests.fixtures.language_models import Recorder, ask, make_question
from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.openai_wire import Call


async def test_tools_are_offered_with_their_schemas(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Hello.")
    create = Recorder("create_task")

    await ask(models, make_question(tools=[create.tool]))

    (offered,) = provider.requests[0].body["tools"]
    assert offered["type"] == "function"
    assert offered["function"]["name"] == "create_task"
    assert offered["function"]["description"] == "Does create_task."
    assert offered["function"]["parameters"]["required"] == ["title"]


async def test_a_tool_is_called_and_its_result_sent_back(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("create_task", {"title": "Call Ada"})
    provider.say("Done.")
    create = Recorder("create_task", result={"id": 7})

    heard = await ask(models, make_question(tools=[create.tool]))

    (call,) = heard.calls
    assert create.called_with == [{"title": "Call Ada"}]
    assert (call.tool, call.arguments) == ("create_task", {"title": "Call Ada"})
    assert heard.results == [
        ToolResultPart(
            call_id=call.call_id, tool="create_task", outcome=CallOutcome.DONE, result={"id": 7}
        )
    ]
    assert results_sent(provider) == {call.call_id: '{"id":7}'}
    assert heard.text == "Done."


async def test_several_tools_of_one_answer_are_all_called(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.calls(Call("create_task", {"title": "A"}), Call("find", {"title": "B"}))
    provider.say("Done.")
    create, find = Recorder("create_task", result="made"), Recorder("find", result="found")

    heard = await ask(models, make_question(tools=[create.tool, find.tool]))

    assert (create.called_with, find.called_with) == ([{"title": "A"}], [{"title": "B"}])
    first, second = heard.calls
    assert results_sent(provider) == {first.call_id: "made", second.call_id: "found"}


async def test_the_model_may_talk_before_it_calls(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.calls(Call("create_task", {"title": "A"}), saying="One moment.")
    provider.say("Done.")

    heard = await ask(models, make_question(tools=[Recorder("create_task").tool]))

    assert heard.pieces == ["One moment.", "Done."]


async def test_the_model_is_told_that_a_tool_refuses(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("create_task", {"title": "A"})
    provider.say("I may not.")
    create = Recorder("create_task", "You may not create tasks.", CallOutcome.REFUSED)

    heard = await ask(models, make_question(tools=[create.tool]))

    (result,) = heard.results
    assert (result.outcome, result.result) == (CallOutcome.REFUSED, "You may not create tasks.")
    (sent,) = results_sent(provider).values()
    assert "error" in sent
    assert "You may not create tasks." in sent


async def test_what_waits_for_confirmation_is_told_as_such(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("delete", {"title": "A"})
    provider.say("Shall I?")
    delete = Recorder("delete", {"action_id": "1"}, CallOutcome.TO_CONFIRM)

    heard = await ask(models, make_question(tools=[delete.tool]))

    (result,) = heard.results
    assert (result.outcome, result.result) == (CallOutcome.TO_CONFIRM, {"action_id": "1"})


async def test_a_tool_that_was_not_offered_is_refused(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("delete_all", {"title": "A"})
    provider.say("I can't.")

    heard = await ask(models, make_question(tools=[Recorder("create_task").tool]))

    (sent,) = results_sent(provider).values()
    assert "delete_all" in sent
    assert [result.outcome for result in heard.results] == [CallOutcome.REFUSED]
    assert heard.text == "I can't."


async def test_a_tool_is_refused_also_if_none_was_offered(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("delete_all", {})
    provider.say("I can't.")

    heard = await ask(models)

    assert [result.outcome for result in heard.results] == [CallOutcome.REFUSED]


@pytest.mark.parametrize("arguments", ['{"title": ', "[1]", "nonsense"])
async def test_arguments_that_are_no_json_object_are_told_to_the_model(
    models: LanguageModelsOnDemand, provider: OpenAiServer, arguments: str
) -> None:
    provider.call("create_task", arguments)
    provider.call("create_task", {"title": "A"})
    provider.say("Done.")
    create = Recorder("create_task")

    heard = await ask(models, make_question(tools=[create.tool]))

    assert create.called_with == [{"title": "A"}]
    assert [result.outcome for result in heard.results] == [CallOutcome.REFUSED, CallOutcome.DONE]
    assert heard.text == "Done."


async def test_arguments_reach_the_tool_as_they_are(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    arguments: dict[str, Any] = {"self": 1, "offered": [None], "title": {"a": "ü"}}
    provider.call("create_task", arguments)
    provider.say("Done.")
    create = Recorder("create_task")

    await ask(models, make_question(tools=[create.tool]))

    assert create.called_with == [arguments]


async def test_what_a_tool_raises_ends_the_answer(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("break", {})

    async def call(_arguments: dict[str, Any]) -> ToolOutcome:
        raise ConflictError("It is broken.")

    tool = OfferedTool("break", "Breaks.", {"type": "object", "properties": {}}, call)

    with pytest.raises(ConflictError):
        await ask(models, make_question(tools=[tool]))
    assert len(provider.requests) == 1


async def test_a_conversation_goes_on_with_what_was_said(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Yes.")
    history = [
        Turn(MessageRole.USER, [TextPart(text="Create a task.")]),
        Turn(
            MessageRole.ASSISTANT,
            [
                TextPart(text="One moment."),
                ToolCallPart(call_id="c1", tool="create_task", arguments={"title": "A"}),
                result_part("c1", {"id": 7}),
                TextPart(text="Done."),
            ],
        ),
    ]

    await ask(models, make_question("Really?", history=history))

    assert said(provider) == [
        ("system", "Be brief."),
        ("user", "Create a task."),
        ("assistant", "One moment."),
        ("tool", '{"id":7}'),
        ("assistant", "Done."),
        ("user", "Really?"),
    ]
    call, result = provider.requests[0].body["messages"][2:4]
    assert call["tool_calls"][0]["function"]["name"] == "create_task"
    assert json.loads(call["tool_calls"][0]["function"]["arguments"]) == {"title": "A"}
    assert call["tool_calls"][0]["id"] == result["tool_call_id"] == "c1"


async def test_calls_that_were_interrupted_are_left_out(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Yes.")
    interrupted = ToolCallPart(call_id="c1", tool="create_task", arguments={})
    history = [
        Turn(MessageRole.USER, [TextPart(text="Create a task.")]),
        Turn(MessageRole.ASSISTANT, [TextPart(text="One moment."), interrupted]),
    ]

    await ask(models, make_question("Really?", history=history))

    assert [role for role, _ in said(provider)] == ["system", "user", "assistant", "user"]
    assert "tool_calls" not in provider.requests[0].body["messages"][2]


async def test_an_answer_of_nothing_but_an_interrupted_call_is_left_out(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Yes.")
    interrupted = ToolCallPart(call_id="c1", tool="create_task", arguments={})
    history = [
        Turn(MessageRole.USER, [TextPart(text="Create a task.")]),
        Turn(MessageRole.ASSISTANT, [interrupted]),
    ]

    await ask(models, make_question("Really?", history=history))

    assert "assistant" not in [role for role, _ in said(provider)]


async def test_what_was_refused_before_is_told_as_an_error_again(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Yes.")
    refused = result_part("c1", "You may not.", CallOutcome.REFUSED)
    call = ToolCallPart(call_id="c1", tool="create_task", arguments={})
    history = [
        Turn(MessageRole.USER, [TextPart(text="Create a task.")]),
        Turn(MessageRole.ASSISTANT, [call, refused]),
    ]

    await ask(models, make_question("Really?", history=history))

    (told,) = results_sent(provider).values()
    assert "error" in told
    assert "You may not." in told


def result_part(
    call_id: str, result: Any, outcome: CallOutcome = CallOutcome.DONE
) -> ToolResultPart:
    return ToolResultPart(call_id=call_id, tool="create_task", outcome=outcome, result=result)


def said(provider: OpenAiServer) -> list[tuple[str, Any]]:
    messages = provider.requests[-1].body["messages"]
    return [(message["role"], message.get("content")) for message in messages]


def results_sent(provider: OpenAiServer) -> dict[str, str]:
    """What tools have answered, by the call, as the last request has it."""
    messages = provider.requests[-1].body["messages"]
    return {each["tool_call_id"]: each["content"] for each in messages if each["role"] == "tool"}
