"""Answers that are JSON of a schema, and the limits of all answers."""

from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from backend.core.config import ModelProvider
from backend.core.errors import LimitReachedError, ModelFailedError, ModelUnavailableError
from backend.integrations.assistant.language_models import LanguageModelsOnDemand
from backend.models.assistant.model_usage import Usage
from backend.services.assistant.language_models import ModelChoice
from tests.fixtures.language_models import LIMITS, Heard, Recorder, ask, make_question
from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.openai_wire import Call, Said, Tokens

SCHEMA: dict[str, Any] = {
    "title": "Summary",
    "type": "object",
    "properties": {"points": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
    "required": ["points"],
    "additionalProperties": False,
}
UNKNOWN = ModelChoice(ModelProvider.OPENAI, "a-model-of-our-own")
GPT = ModelChoice(ModelProvider.OPENAI, "gpt-4o")


async def test_an_answer_is_given_by_its_schema(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.answer_json({"points": ["one", "two"]})

    heard = await ask(models, make_question(output_schema=SCHEMA))

    assert heard.output == {"points": ["one", "two"]}


async def test_the_model_is_told_the_schema(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.answer_json({"points": ["one"]})

    await ask(models, make_question(output_schema=SCHEMA))

    (tool,) = provider.requests[0].body["tools"]
    assert tool["function"]["parameters"]["properties"] == SCHEMA["properties"]


async def test_the_call_that_carries_the_answer_is_no_tool_of_ours(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.answer_json({"points": ["one"]})

    heard = await ask(models, make_question(output_schema=SCHEMA))

    assert (heard.calls, heard.results) == ([], [])


async def test_tools_may_be_called_before_an_answer_by_schema(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("find", {"title": "A"})
    provider.answer_json({"points": ["one"]})
    find = Recorder("find")

    heard = await ask(models, make_question(output_schema=SCHEMA, tools=[find.tool]))

    assert find.called_with == [{"title": "A"}]
    assert heard.output == {"points": ["one"]}


@pytest.mark.parametrize("bad", [{"points": []}, {"points": [1]}, {}, '{"points": ', "[1]"])
async def test_a_model_may_mend_what_does_not_fit(
    models: LanguageModelsOnDemand, provider: OpenAiServer, bad: Any
) -> None:
    provider.answer_json(bad)
    provider.answer_json({"points": ["one"]})

    heard = await ask(models, make_question(output_schema=SCHEMA))

    assert heard.output == {"points": ["one"]}


async def test_the_model_is_told_what_does_not_fit(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.answer_json({"points": []})
    provider.answer_json({"points": ["one"]})

    await ask(models, make_question(output_schema=SCHEMA))

    told = str(provider.requests[-1].body["messages"][-1]["content"])
    assert "$.points: it has less than 1 item" in told


async def test_an_answer_that_never_fits_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.respond = lambda _request: Said(calls=(Call("final_result", {"points": []}),))

    with pytest.raises(ModelFailedError):
        await ask(models, make_question(output_schema=SCHEMA))

    assert len(provider.requests) == 3


async def test_steps_tokens_and_calls_are_counted(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.calls(Call("find", {"title": "A"}), tokens=Tokens(200, 20))
    provider.say("Done.", tokens=Tokens(300, 5))

    heard = await ask(models, make_question(choice=UNKNOWN, tools=[Recorder("find").tool]))

    assert heard.usage == Usage(model_calls=2, tool_calls=1, input_tokens=500, output_tokens=25)


async def test_usage_is_added_to_what_was_used_before(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Done.", tokens=Tokens(300, 5))
    before = Heard(usage=Usage(model_calls=1, input_tokens=100, output_tokens=1))

    heard = await ask(models, make_question(choice=UNKNOWN), before)

    assert heard.usage == Usage(model_calls=2, input_tokens=400, output_tokens=6)


async def test_the_cost_is_known_where_prices_are(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Done.", tokens=Tokens(1_000_000, 0))

    limits = replace(LIMITS, tokens=10**9, cost=Decimal(100))
    heard = await ask(models, make_question(choice=GPT, limits=limits))

    assert heard.usage.cost == Decimal("2.5")


async def test_usage_is_counted_before_an_error(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.calls(Call("find", {"title": "A"}), tokens=Tokens(200, 20))
    provider.fail(503)
    heard = Heard()

    with pytest.raises(ModelUnavailableError):
        await ask(models, make_question(tools=[Recorder("find").tool]), heard)

    assert (heard.usage.tokens, heard.usage.tool_calls) == (220, 1)


async def test_a_step_is_counted_although_nobody_listens_to_its_end(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.pause("Hel", "lo")
    usage = Usage()

    async with aclosing(models.answer(make_question(), usage)) as events:
        await anext(events)

    assert usage.model_calls == 1


async def test_a_server_may_tell_no_usage(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("find", {"title": "A"})
    provider.say("Done.", tokens=None)

    heard = await ask(models, make_question(tools=[Recorder("find").tool]))

    assert heard.text == "Done."


async def test_an_answer_ends_at_its_limit_of_steps(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.respond = lambda _request: Said(calls=(Call("find", {"title": "A"}),))
    find = Recorder("find")

    with pytest.raises(LimitReachedError):
        await ask(models, make_question(tools=[find.tool], limits=replace(LIMITS, model_calls=3)))

    assert len(provider.requests) == 3


async def test_an_answer_ends_at_its_limit_of_tokens(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.respond = lambda _request: Said(calls=(Call("find", {"title": "A"}),))
    heard = Heard()

    find = Recorder("find")
    question = make_question(tools=[find.tool], limits=replace(LIMITS, tokens=200))
    with pytest.raises(LimitReachedError):
        await ask(models, question, heard)

    assert (len(provider.requests), heard.usage.tokens) == (2, 220)
    assert len(find.called_with) == 1


async def test_an_answer_ends_at_its_limit_of_cost(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.respond = lambda _request: Said(
        calls=(Call("find", {"title": "A"}),), tokens=Tokens(1_000, 0)
    )
    heard = Heard()
    find = Recorder("find")
    limits = replace(LIMITS, cost=Decimal("0.004"))

    with pytest.raises(LimitReachedError, match=r"0\.004 US dollars"):
        await ask(
            models,
            make_question(choice=GPT, tools=[find.tool], limits=limits),
            heard,
        )

    assert (len(provider.requests), heard.usage.cost) == (2, Decimal("0.005"))
    assert len(find.called_with) == 1


async def test_an_answer_ends_at_its_limit_of_time(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.respond = lambda _request: Said(["a"] * 1000, seconds_between=0.02)
    heard = Heard()

    with pytest.raises(LimitReachedError):
        await ask(models, make_question(limits=replace(LIMITS, seconds=0.3)), heard)

    assert heard.text.startswith("aaa")


async def test_a_tool_that_takes_too_long_ends_the_answer(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("find", {"title": "A"})
    provider.hang()

    with pytest.raises(LimitReachedError):
        await ask(
            models,
            make_question(tools=[Recorder("find").tool], limits=replace(LIMITS, seconds=0.3)),
        )
