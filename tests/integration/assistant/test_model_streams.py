"""What different servers make of the protocol, and what is read of it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from backend.core.config import ModelProvider
from backend.core.errors import LimitReachedError, ModelFailedError, ModelUnavailableError
from backend.integrations.assistant.language_models import LanguageModelsOnDemand
from backend.integrations.assistant.language_models.chat_stream import events
from backend.models.assistant.incomplete import IncompleteReason
from backend.services.assistant.language_models import (
    Answered,
    ModelChoice,
    TextDelta,
    TextWithdrawn,
)
from tests.fixtures.language_models import LIMITS, Heard, Recorder, ask, make_question, models_of
from tests.fixtures.openai_server import OpenAiServer, provider_settings
from tests.fixtures.openai_wire import DONE, Said, call_piece, chunk, words

STOP = chunk({}, "stop")
CALLS_END = chunk({}, "tool_calls")


def usage(read: int, written: int, total: int | None = None, **more: Any) -> dict[str, Any]:
    counts = {"prompt_tokens": read, "completion_tokens": written}
    return counts | {"total_tokens": read + written if total is None else total} | more


# How an answer ends


async def test_an_answer_that_gets_too_long_is_incomplete(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(*words("The first", " half"), chunk({}, "length"), DONE)

    heard = await ask(models)

    assert heard.text == "The first half"
    assert heard.events[-1] == Answered(None, IncompleteReason.LENGTH)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("length", IncompleteReason.LENGTH),
        ("MAX_TOKENS", IncompleteReason.LENGTH),
        ("content_filter", IncompleteReason.CONTENT_FILTER),
        ("SAFETY", IncompleteReason.CONTENT_FILTER),
        ("repetition_truncation", IncompleteReason.OTHER),
        ("stop", None),
        ("STOP", None),
        ("end_turn", None),
        ("eos", None),
    ],
)
async def test_the_reason_says_whether_all_was_said(
    models: LanguageModelsOnDemand,
    provider: OpenAiServer,
    reason: str,
    expected: IncompleteReason | None,
) -> None:
    provider.send(*words("Something"), chunk({}, reason), DONE)

    heard = await ask(models)

    assert (heard.text, heard.events[-1]) == ("Something", Answered(None, expected))


@pytest.mark.parametrize("reason", ["insufficient_system_resource", "overloaded"])
async def test_a_reason_that_tells_of_too_much_load_is_no_end(
    models: LanguageModelsOnDemand, provider: OpenAiServer, reason: str
) -> None:
    provider.send(*words("Something"), chunk({}, reason), DONE)
    heard = Heard()

    with pytest.raises(ModelUnavailableError):
        await ask(models, heard=heard)

    assert heard.text == "Something"


@pytest.mark.parametrize("reason", ["error", "network_error", "abort"])
async def test_a_reason_that_tells_of_a_failure_is_one(
    models: LanguageModelsOnDemand, provider: OpenAiServer, reason: str
) -> None:
    provider.send(*words("Something"), chunk({}, reason), DONE)

    with pytest.raises(ModelFailedError):
        await ask(models)


@pytest.mark.parametrize(
    "sent",
    [
        [*words("Half"), *words(" of it")],
        [*words("Half"), chunk({"content": " of it"}, "")],
        [*words("Half"), chunk({"content": " of it"}), b": a comment at the end\n\n"],
        [*words("Half of it"), {"choices": [], "usage": usage(3, 4)}],
    ],
)
async def test_a_stream_that_just_ends_has_broken_off(
    models: LanguageModelsOnDemand, provider: OpenAiServer, sent: list[Any]
) -> None:
    provider.send(*sent)
    heard = Heard()

    with pytest.raises(ModelFailedError):
        await ask(models, heard=heard)

    assert heard.text == "Half of it"


@pytest.mark.parametrize(
    "end",
    [
        [DONE],
        [chunk({}, ""), DONE],
        [STOP],
        [chunk({}, "stop"), {"choices": [], "usage": usage(3, 4)}],
        [b"data:[DONE]"],
        [b"data: [DONE] \r\n\r\n"],
    ],
)
async def test_a_reason_or_the_mark_of_the_end_is_enough(
    models: LanguageModelsOnDemand, provider: OpenAiServer, end: list[Any]
) -> None:
    provider.send(*words("All of it."), *end)

    heard = await ask(models)

    assert (heard.text, heard.events[-1]) == ("All of it.", Answered(None))


async def test_a_connection_that_breaks_after_the_end_does_no_harm(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    body = b"".join(b"data: %s\n\n" % json.dumps(each).encode() for each in [*words("All."), STOP])
    provider.garbage(body, content_type="text/event-stream", content_length=str(len(body) + 9))

    heard = await ask(models)

    assert heard.text == "All."


# Errors that are told with status 200


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"error": {"message": "It has crashed.", "code": 500}}, ModelFailedError),
        ({"error": "It has crashed."}, ModelFailedError),
        (chunk({"content": ""}, error={"code": 502, "message": "No."}), ModelFailedError),
        (chunk({}, "error", error={"code": 503, "message": "No."}), ModelUnavailableError),
        ({"choices": [{"delta": {}, "error": {"code": 429}}]}, ModelUnavailableError),
        ({"object": "error", "message": "It has crashed.", "code": 50001}, ModelFailedError),
        ({"detail": "It has crashed."}, ModelFailedError),
        ({"error": {"type": "rate_limit_exceeded"}}, ModelUnavailableError),
        ({"error": {"code": "insufficient_quota"}}, ModelUnavailableError),
        ({"error": {"type": "overloaded_error", "message": "Busy"}}, ModelUnavailableError),
        (b'event: error\ndata: {"message": "It has crashed."}\n\n', ModelFailedError),
        (b"event: error\ndata: It has crashed.\n\n", ModelFailedError),
        (b"data: Internal Server Error\n\n", ModelFailedError),
    ],
)
async def test_an_error_in_an_answer_is_told_and_what_was_said_is_kept(
    models: LanguageModelsOnDemand,
    provider: OpenAiServer,
    told: dict[str, Any] | bytes,
    expected: type[Exception],
) -> None:
    provider.send(*words("Half of", " it <"), told, DONE)
    heard = Heard()

    with pytest.raises(expected):
        await ask(models, heard=heard)

    assert heard.text == "Half of it <"


async def test_an_error_with_status_200_and_without_a_stream_is_told(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.garbage(b'{"error": {"code": 429, "message": "Slowly."}}')

    with pytest.raises(ModelUnavailableError):
        await ask(models)


async def test_no_error_is_none(models: LanguageModelsOnDemand, provider: OpenAiServer) -> None:
    provider.send(chunk({"content": "Well."}, error=None), chunk({}, "stop", error={}), DONE)

    assert (await ask(models)).text == "Well."


# Usage


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([usage(90, 1), usage(90, 2), usage(90, 7)], (90, 7)),
        ([usage(90, 7), usage(90, 7), usage(90, 7)], (90, 7)),
        ([None, None, usage(90, 7)], (90, 7)),
        ([usage(90, 0), None, usage(0, 7)], (90, 7)),
        ([{"prompt_tokens": None, "completion_tokens": None}, None, usage(90, 7)], (90, 7)),
        ([{}, None, {"input_tokens": 90, "output_tokens": 7}], (90, 7)),
        ([None, None, usage(90, 7, 250)], (90, 160)),
        ([None, None, usage(90, 7, completion_tokens_details={"reasoning_tokens": 5})], (90, 7)),
        (
            [None, None, usage(90, 7, 250, completion_tokens_details={"reasoning_tokens": 153})],
            (90, 160),
        ),
        (
            [
                {"prompt_tokens": 90, "completion_tokens": 7}
                | {"completion_tokens_details": {"reasoning_tokens": 20}}
            ]
            * 3,
            (90, 27),
        ),
        ([None, None, usage(90, 7, prompt_tokens_details={"cached_tokens": 60})], (90, 7)),
        ([{"prompt_tokens": 90.0, "completion_tokens": 7.0}] * 3, (90, 7)),
    ],
)
async def test_usage_is_counted_once_and_whole(
    models: LanguageModelsOnDemand,
    provider: OpenAiServer,
    told: list[dict[str, Any] | None],
    expected: tuple[int, int],
) -> None:
    first, second, last = told
    provider.send(
        chunk({"content": "Well"}, usage=first),
        chunk({"content": "."}, "stop", usage=second),
        {"choices": [], "usage": last},
        DONE,
    )

    heard = await ask(models)

    assert (heard.usage.input_tokens, heard.usage.output_tokens) == expected


@pytest.mark.parametrize(
    "last",
    [
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage(90, 7)}]},
        chunk({}, "stop", x_groq={"usage": usage(90, 7)}),
    ],
)
async def test_usage_is_found_where_a_provider_puts_it(
    models: LanguageModelsOnDemand, provider: OpenAiServer, last: dict[str, Any]
) -> None:
    provider.send(*words("Well."), last, DONE)

    assert (await ask(models)).usage.tokens == 97


async def test_where_no_usage_is_told_it_is_estimated(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(*words("x" * 4_000), STOP, DONE)

    heard = await ask(models)

    assert heard.usage.output_tokens == 1_000
    assert heard.usage.input_tokens > 10


async def test_the_limit_of_tokens_holds_where_no_usage_is_told(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    arguments = json.dumps({"title": "x" * 4_000})
    for _ in range(4):
        provider.send(call_piece(arguments, tool="find", index=0, id="a"), CALLS_END, DONE)
    question = make_question(tools=[Recorder("find").tool], limits=replace(LIMITS, tokens=2_500))

    with pytest.raises(LimitReachedError):
        await ask(models, question)


async def test_what_was_written_before_a_failure_is_counted(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(chunk({"content": "x" * 4_000}, usage=usage(90, 1)))
    heard = Heard()

    with pytest.raises(ModelFailedError):
        await ask(models, heard=heard)

    assert (heard.usage.input_tokens, heard.usage.output_tokens) == (90, 1_000)


# Calls of tools


async def called(
    models: LanguageModelsOnDemand, provider: OpenAiServer, *sent: dict[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    provider.send(*sent, CALLS_END, DONE)
    provider.say("Done.")
    tools = [Recorder("find").tool, Recorder("create").tool]
    heard = await ask(models, make_question(tools=tools))
    assert heard.text == "Done."
    assert len(heard.results) == len(heard.calls) == len({call.call_id for call in heard.calls})
    return [(call.tool, call.arguments) for call in heard.calls]


ONE, TWO = {"title": "one"}, {"title": "two"}
BOTH = [("find", ONE), ("create", TWO)]


def whole(arguments: dict[str, Any], tool: str, **more: Any) -> dict[str, Any]:
    return call_piece(json.dumps(arguments), tool=tool, **more)


@pytest.mark.parametrize(
    "sent",
    [
        # Each has its own index, as it should be.
        [whole(ONE, "find", index=0, id="a"), whole(TWO, "create", index=1, id="b")],
        # All have the same index.
        [whole(ONE, "find", index=0, id="a"), whole(TWO, "create", index=0, id="b")],
        # None has an index.
        [whole(ONE, "find", id="a"), whole(TWO, "create", id="b")],
        # There are neither indexes nor ids.
        [whole(ONE, "find"), whole(TWO, "create")],
        # All have the same id.
        [whole(ONE, "find", index=0, id="0"), whole(TWO, "create", index=1, id="0")],
        [whole(ONE, "find", index=0, id=""), whole(TWO, "create", index=0, id="")],
        # In pieces, of which the second call's come in between.
        [
            call_piece('{"title": ', tool="find", index=0, id="a"),
            call_piece('{"title": ', tool="create", index=1, id="b"),
            call_piece('"one"}', index=0),
            call_piece('"two"}', index=1),
        ],
        # In pieces that tell by their id alone.
        [
            call_piece('{"title": ', tool="find", index=0, id="a"),
            call_piece('"one"}', index=0, id="a"),
            call_piece('{"title": ', tool="create", index=0, id="b"),
            call_piece('"two"}', index=0, id="b"),
        ],
    ],
)
async def test_two_calls_are_two_however_they_are_told_apart(
    models: LanguageModelsOnDemand, provider: OpenAiServer, sent: list[dict[str, Any]]
) -> None:
    assert await called(models, provider, *sent) == BOTH


async def test_the_same_tool_may_be_called_twice_at_the_same_index(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    sent = [whole(ONE, "find", index=0, id="a"), whole(TWO, "find", index=0, id="b")]

    assert await called(models, provider, *sent) == [("find", ONE), ("find", TWO)]


@pytest.mark.parametrize(
    "sent",
    [
        # Each piece has an id of its own.
        [
            call_piece("", tool="find", index=0, id="1"),
            call_piece('{"title": ', tool="", index=0, id="2"),
            call_piece('"one"}', tool="", index=0, id="3"),
        ],
        # Each piece names the tool.
        [
            call_piece("", tool="find", index=0, id="1"),
            call_piece('{"title": ', tool="find", index=0, id="1"),
            call_piece('"one"}', tool="find", index=0, id="1"),
        ],
        [
            call_piece('{"title": ', tool="find", index=0),
            call_piece('"one"}', tool="find", index=0),
            call_piece("", tool="find", index=0),
        ],
        # Each piece names the tool, and has an id of its own.
        [
            call_piece('{"title": ', tool="find", index=0, id="1"),
            call_piece('"one"}', tool="find", index=0, id="2"),
        ],
        # The index counts the pieces.
        [
            call_piece('{"title": ', tool="find", index=0, id="1"),
            call_piece('"one"}', index=1, id="1"),
        ],
        # The name comes in pieces, or late.
        [
            call_piece("", tool="fi", index=0, id="1"),
            call_piece('{"title": "one"}', tool="nd", index=0),
        ],
        [
            call_piece('{"title": ', index=0, id="1"),
            call_piece('"one"}', tool="find", index=0),
        ],
        # Arguments are an object, and not its text.
        [call_piece(ONE, tool="find", index=0, id="1")],
        # What has no arguments says so at the end.
        [
            call_piece('{"title": "one"}', tool="find", index=0, id="1"),
            call_piece(None, index=0, id=""),
        ],
        # As it was before there were tools.
        [
            chunk({"function_call": {"name": "find", "arguments": '{"title": '}}),
            chunk({"function_call": {"arguments": '"one"}'}}),
        ],
        # Braces and quotation marks within the texts.
        [
            call_piece('{"title": "one', tool="find", index=0),
            call_piece('"}', tool="find", index=0),
        ],
    ],
)
async def test_one_call_is_one_however_it_is_cut(
    models: LanguageModelsOnDemand, provider: OpenAiServer, sent: list[dict[str, Any]]
) -> None:
    assert await called(models, provider, *sent) == [("find", ONE)]


async def test_braces_in_a_text_end_no_call(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    title = 'a } and a \\" and { ['
    text = json.dumps({"title": title})
    pieces = [call_piece(each, tool="find", index=0) for each in text]

    assert await called(models, provider, *pieces) == [("find", {"title": title})]


@pytest.mark.parametrize("arguments", ["", None, "{}", {}])
async def test_a_call_may_have_no_arguments(
    models: LanguageModelsOnDemand, provider: OpenAiServer, arguments: Any
) -> None:
    sent = call_piece(arguments, tool="find", index=0, id="a")

    assert await called(models, provider, sent) == [("find", {})]


async def test_a_call_that_was_cut_before_its_arguments_is_not_made(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(call_piece("", tool="find", index=0, id="a"), chunk({}, "length"), DONE)
    provider.say("Done.")
    find = Recorder("find")

    await ask(models, make_question(tools=[find.tool]))

    assert find.called_with == []


async def test_a_refusal_may_have_half_an_emoji_in_it(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(chunk({"refusal": "No \ud83d"}), STOP, DONE)

    with pytest.raises(ModelFailedError, match="refused"):
        await ask(models)


async def test_ids_that_come_again_in_a_later_step_are_told_apart(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    for _ in range(2):
        provider.send(whole(ONE, "find", index=0, id="call_0"), CALLS_END, DONE)
    provider.say("Done.")

    heard = await ask(models, make_question(tools=[Recorder("find").tool]))

    first, second = heard.calls
    assert first.call_id == "call_0" != second.call_id
    results = [each for each in provider.requests[-1].body["messages"] if each["role"] == "tool"]
    assert [each["tool_call_id"] for each in results] == [first.call_id, second.call_id]


async def test_what_a_provider_wants_back_with_a_result_is_sent_back(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    extra = {"google": {"thought_signature": "c2lnbmVk"}}
    provider.send(whole(ONE, "find", index=0, id="a", extra_content=extra), CALLS_END, DONE)
    provider.say("Done.")

    await ask(models, make_question(tools=[Recorder("find").tool]))

    (call,) = provider.requests[-1].body["messages"][-2]["tool_calls"]
    assert call["extra_content"] == extra


# Thoughts


@pytest.mark.parametrize(
    "sent",
    [
        words("<think>Hm, a plan.</think>", "It is five."),
        words("<thi", "nk>\nHm, a", " plan.\n</th", "ink>\n\nIt is", " five."),
        [*words(""), *words("\n", "<THINK>Hm</THINK>\n", "It is five.")],
        words("<thinking>Hm, a plan.</thinking> It is five."),
        words("<think>Hm.</think>\n<think>Once more.</think>It is five."),
        [chunk({"reasoning_content": "Hm, a plan."}), *words("It is five.")],
        [chunk({"reasoning": "Hm, a plan.", "content": ""}), *words("It is five.")],
        [chunk({"reasoning_content": "Hm."}), *words("</think>\n\nIt is five.")],
        [
            chunk(
                {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}
            ),
            chunk({"content": [{"type": "text", "text": "It is five."}]}),
        ],
    ],
)
async def test_what_a_model_thinks_is_not_said(
    models: LanguageModelsOnDemand, provider: OpenAiServer, sent: list[dict[str, Any]]
) -> None:
    provider.send(*sent, STOP, DONE)

    assert (await ask(models)).text == "It is five."


async def test_a_thought_of_which_only_the_end_is_seen_is_withdrawn(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(*words("Hm, a ", "plan.\n</thi", "nk>\n\nIt is", " five."), STOP, DONE)

    heard = await ask(models)

    at = heard.events.index(TextWithdrawn())
    said = [event.text for event in heard.events[at:] if isinstance(event, TextDelta)]
    assert "".join(said) == "It is five."


async def test_a_model_that_does_nothing_but_think_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    for _ in range(4):
        provider.send(*words("<think>Hm, a plan, but no end"), STOP, DONE)
    heard = Heard()

    with pytest.raises(ModelFailedError):
        await ask(models, heard=heard)

    assert heard.text == ""


@pytest.mark.parametrize(
    "text",
    [
        "Models write <think> before they answer. Most close it.",
        "They write <think> and </think> around it.",
        "In code:\n```xml\n<think>\nHm\n</think>\n```\nThat is all.",
        "The tag `<think>` begins it, `</think>` ends it.",
        "A line of its own:\n<think> is never closed here. That is all.",
        "1 < 2, a[0], `x`, ~5 and <b>bold</b>",
    ],
)
async def test_a_tag_that_is_spoken_of_stays(
    models: LanguageModelsOnDemand, provider: OpenAiServer, text: str
) -> None:
    provider.send(*words(*text), STOP, DONE)

    assert (await ask(models)).text == text


async def test_a_tag_alone_in_a_piece_swallows_nothing(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(*words("Write ", "<think>", " first, then the rest."), STOP, DONE)

    assert (await ask(models)).text == "Write <think> first, then the rest."


# Halves of surrogate pairs


async def test_halves_of_an_emoji_are_joined(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(*words("Well \ud83d", "\ude80", " done \ud83d", "and \ude80", "\ud83d"), STOP)

    assert (await ask(models)).text == "Well 🚀 done ?and ??"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (['{"title": "a \ud83d', '\ude80"}'], "a 🚀"),
        (['{"title": "a \\ud83d', '\\ude80"}'], "a 🚀"),
        (['{"title": "a \ud83d"}'], "a ?"),
        (['{"title": "a \\ud83d"}'], "a ?"),
        (['{"title": "a \\\\ud83d"}'], "a \\ud83d"),
    ],
)
async def test_halves_in_arguments_do_no_harm(
    models: LanguageModelsOnDemand, provider: OpenAiServer, pieces: list[str], expected: str
) -> None:
    first, *others = pieces
    sent = [call_piece(first, tool="find", index=0), *(call_piece(p, index=0) for p in others)]

    assert await called(models, provider, *sent) == [("find", {"title": expected})]


# The stream itself


async def test_a_filter_may_come_first_and_chunks_may_say_nothing(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(
        {"choices": [], "model": "", "prompt_filter_results": [{"prompt_index": 0}]},
        {"choices": None},
        {"choices": [{"index": 0, "delta": None, "finish_reason": None}]},
        chunk({"role": "assistant", "content": None, "refusal": None}),
        b": keep-alive\n\n",
        b"data: \n\n",
        b'event: ping\ndata: {"type": "ping"}\n\n',
        *words("It is five."),
        {"choices": [{"index": 0, "finish_reason": "stop", "content_filter_offsets": {}}]},
        DONE,
    )

    assert (await ask(models)).text == "It is five."


@pytest.mark.parametrize(
    "form",
    [
        "data: {}\n\ndata: [DONE]\n\n",
        "data: {}\r\n\r\ndata: [DONE]\r\n\r\n",
        "data: {}\r\rdata: [DONE]\r\r",
        "data:{}\n\ndata:[DONE]\n\n",
        "\ufeffdata: {}\n\ndata: [DONE]\n\n",
        ": hello\nid: 1\nretry: 5\nevent: message\ndata: {}\n\ndata: [DONE]",
    ],
)
async def test_events_are_read_however_they_are_written(
    models: LanguageModelsOnDemand, provider: OpenAiServer, form: str
) -> None:
    said = json.dumps(chunk({"content": "Fünf — 🚀\u2028"}, "stop"), ensure_ascii=False)
    # One byte after the other: characters come in pieces as well.
    provider.send(*(bytes([each]) for each in form.replace("{}", said).encode()))

    assert (await ask(models)).text == "Fünf — 🚀\u2028"


async def test_data_may_have_several_lines(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    lines = json.dumps(chunk({"content": "It is five."}, "stop"), indent=1).splitlines()
    provider.send("".join(f"data: {line}\n" for line in lines).encode() + b"\n", DONE)

    assert (await ask(models)).text == "It is five."


async def test_an_answer_without_an_end_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_BYTES", 5_000)
    provider.send(*words(*["more"] * 100), STOP, DONE)

    with pytest.raises(ModelFailedError):
        await ask(models)


async def test_an_answer_that_a_filter_ends_within_the_stream_is_a_refusal(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.send(*words("Half"), {"error": {"code": "content_filter", "message": "No."}})

    with pytest.raises(ModelFailedError, match="refused"):
        await ask(models)


async def test_an_answer_that_is_no_stream_is_read_all_the_same(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    message = {"role": "assistant", "content": "It is five."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    provider.garbage(json.dumps({"choices": [choice], "usage": usage(9, 3)}).encode())

    heard = await ask(models)

    assert (heard.text, heard.usage.tokens) == ("It is five.", 12)


async def test_the_longest_answer_is_sent_as_a_compatible_server_heeds_it(
    provider: OpenAiServer,
) -> None:
    provider.say("Yes.")
    choice = ModelChoice(ModelProvider.COMPATIBLE, "llama3.2", max_output_tokens=300)

    async with models_of(compatible_url=f"{provider.url}/v1", retries=0) as models:
        await ask(models, make_question(choice=choice))

    (request,) = provider.requests
    assert request.body["max_tokens"] == 300
    assert "max_completion_tokens" not in request.body


async def test_thinking_for_long_is_no_silence(provider: OpenAiServer) -> None:
    async with models_of(**provider_settings(provider, timeout_seconds=0.4)) as models:
        provider.script(Said(["<think>", *"abc", "</think>", "Yes."], seconds_between=0.15))

        assert (await ask(models)).text == "Yes."
