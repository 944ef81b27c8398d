"""What goes wrong with language models, as callers read it."""

import time
from contextlib import aclosing
from typing import Any

import pytest

from backend.core.config import ModelProvider
from backend.core.errors import ModelFailedError, ModelTimeoutError, ModelUnavailableError
from backend.integrations.assistant.language_models import LanguageModelsOnDemand
from backend.models.assistant.model_usage import Usage
from backend.services.assistant.language_models import ModelChoice, TextDelta
from tests.fixtures.language_models import Heard, Recorder, ask, make_question, models_of
from tests.fixtures.openai_server import OpenAiServer, provider_settings
from tests.fixtures.openai_wire import Call, Said
from tests.fixtures.processes import free_port


@pytest.mark.parametrize(
    ("provider_name", "settings", "variable"),
    [
        ("openai", {}, "OPENAI_API_KEY"),
        ("azure", {}, "AZURE_OPENAI_ENDPOINT"),
        ("azure", {"azure_endpoint": "http://localhost"}, "AZURE_OPENAI_API_KEY"),
        ("compatible", {}, "COMPATIBLE_URL"),
    ],
)
async def test_what_is_not_set_is_named(
    provider_name: str, settings: dict[str, Any], variable: str
) -> None:
    question = make_question(choice=ModelChoice(ModelProvider(provider_name), "some-model"))

    async with models_of(**settings) as models:
        with pytest.raises(ModelUnavailableError, match=variable):
            await ask(models, question)


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (401, "invalid_api_key", "refused our key"),
        (403, None, "refused our key"),
        (404, "model_not_found", "does not have this language model"),
        (404, None, "does not have this language model"),
        (400, "context_length_exceeded", "more than the language model can read"),
        (400, None, "did not accept or finish"),
        (422, None, "did not accept or finish"),
        (500, None, "did not accept or finish"),
        (502, None, "did not accept or finish"),
    ],
)
async def test_a_failure_of_the_provider_says_what_to_do(
    models: LanguageModelsOnDemand,
    provider: OpenAiServer,
    status: int,
    code: str | None,
    told: str,
) -> None:
    provider.fail(status, code)

    with pytest.raises(ModelFailedError, match=told):
        await ask(models)


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (429, "insufficient_quota", "quota is used up"),
        (402, None, "quota is used up"),
        (429, "rate_limit_exceeded", "busy"),
        (503, None, "busy"),
    ],
)
async def test_a_provider_that_can_not_answer_now_is_unavailable(
    models: LanguageModelsOnDemand,
    provider: OpenAiServer,
    status: int,
    code: str | None,
    told: str,
) -> None:
    provider.fail(status, code)

    with pytest.raises(ModelUnavailableError, match=told) as caught:
        await ask(models)

    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "1200"}, 2),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "soon"}, None),
    ],
)
async def test_the_seconds_to_wait_are_handed_on(
    models: LanguageModelsOnDemand,
    provider: OpenAiServer,
    headers: dict[str, str],
    seconds: int | None,
) -> None:
    provider.fail(429, "rate_limit_exceeded", headers=headers)

    with pytest.raises(ModelUnavailableError) as caught:
        await ask(models)

    assert caught.value.retry_after == seconds


async def test_the_words_of_the_provider_stay_in_the_log(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.fail(401, "invalid_api_key", message="Incorrect key: sk-of-the-tests")

    with pytest.raises(ModelFailedError) as caught:
        await ask(models)

    assert "sk-" not in str(caught.value)


async def test_a_provider_that_is_not_there_is_unavailable(provider: OpenAiServer) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/v1"

    async with models_of(**provider_settings(provider, openai_base_url=nobody)) as models:
        with pytest.raises(ModelUnavailableError, match="does not answer"):
            await ask(models)


async def test_a_provider_that_says_nothing_is_too_slow(provider: OpenAiServer) -> None:
    provider.hang()

    async with models_of(**provider_settings(provider, timeout_seconds=0.2)) as models:
        with pytest.raises(ModelTimeoutError):
            await ask(models)


async def test_a_provider_that_stops_in_the_middle_is_too_slow(provider: OpenAiServer) -> None:
    provider.pause("Hel", "lo")
    heard = Heard()

    async with models_of(**provider_settings(provider, timeout_seconds=0.2)) as models:
        with pytest.raises(ModelTimeoutError):
            await ask(models, heard=heard)

    assert heard.events == [TextDelta("Hel")]


async def test_a_slow_provider_is_waited_for_as_long_as_it_goes_on(provider: OpenAiServer) -> None:
    provider.slow("a", "b", "c", "d", seconds_between=0.15)

    async with models_of(**provider_settings(provider, timeout_seconds=0.4)) as models:
        heard = await ask(models)

    assert heard.text == "abcd"


async def test_a_refusal_is_told_as_one(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.refuse("I can't help with that.")

    with pytest.raises(ModelFailedError, match="refused to answer"):
        await ask(models)


async def test_an_answer_that_a_filter_lets_say_nothing_is_a_refusal(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.filter_content(after="")
    heard = Heard()

    with pytest.raises(ModelFailedError, match="refused to answer"):
        await ask(models, heard=heard)

    assert (heard.text, heard.usage.model_calls) == ("", 1)


async def test_a_question_that_azure_filters_is_a_refusal(provider: OpenAiServer) -> None:
    provider.fail(400, "content_filter")
    settings = {"azure_endpoint": provider.url, "azure_api_key": "azure-key", "retries": 0}

    async with models_of(**settings) as models:
        with pytest.raises(ModelFailedError, match="refused to answer"):
            await ask(models, make_question(choice=ModelChoice(ModelProvider.AZURE, "gpt")))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"data: nonsense\n\n", "text/event-stream"),
        (b"data: [1, 2]\n\n", "text/event-stream"),
        (b'data: "text"\n\n', "text/event-stream"),
        (b'data: {"choices": [{}]}\n\n', "text/event-stream"),
        (b'data: {"choices": [1]}\n\n', "text/event-stream"),
        (b'data: {"choices": 7}\n\n', "text/event-stream"),
        (b'data: {"choices": [{"delta": {"content": 7}}]}\n\n', "text/event-stream"),
        (b'data: {"choices": [{"delta": {"tool_calls": [{}]}}]}\n\n', "text/event-stream"),
        (b'data: {"choices": [{"delta": {"tool_calls": 7}}]}\n\n', "text/event-stream"),
        (b'data: {"choices": [], "usage": 7}\n\n', "text/event-stream"),
        (b"data: \xff\xfe\n\n", "text/event-stream"),
        (b"", "text/event-stream"),
        (b"<html>Welcome to the proxy</html>", "text/html"),
        (b'{"an": "object"}', "application/json"),
        (b"null", "application/json"),
        (b"\x1f\x8b nothing that was packed", "application/json"),
    ],
)
async def test_what_is_no_answer_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer, body: bytes, content_type: str
) -> None:
    provider.respond = None
    for _ in range(4):
        provider.garbage(body, content_type=content_type)

    with pytest.raises(ModelFailedError):
        await ask(models)


async def test_an_answer_that_is_not_packed_as_it_says_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.garbage(b"nothing that was packed", content_encoding="gzip")

    with pytest.raises(ModelFailedError):
        await ask(models)


async def test_an_answer_that_redirects_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.fail(302, headers={"location": "/elsewhere"})

    with pytest.raises(ModelFailedError):
        await ask(models)


async def test_a_key_that_no_header_can_hold_is_a_failure(provider: OpenAiServer) -> None:
    async with models_of(**provider_settings(provider, openai_api_key="a key of ☃")) as models:
        with pytest.raises(ModelFailedError):
            await ask(models)

    assert provider.requests == []


async def test_an_answer_that_gets_too_long_for_its_schema_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    cut_off = (Call("final_result", '{"points": ["o'),)
    provider.respond = lambda _request: Said(calls=cut_off, finish_reason="length")

    with pytest.raises(ModelFailedError, match="longer than this model may write"):
        await ask(models, make_question(output_schema={"type": "object", "properties": {}}))


async def test_a_stream_that_breaks_off_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.break_stream(after="Hel")
    heard = Heard()

    with pytest.raises(ModelFailedError):
        await ask(models, heard=heard)

    assert (heard.text, heard.usage.model_calls) == ("Hel", 1)


@pytest.mark.parametrize("code", ["server_error", "something_else"])
async def test_an_error_within_a_stream_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer, code: str
) -> None:
    provider.fail_in_stream(code, after="Hel")

    with pytest.raises(ModelFailedError):
        await ask(models)


async def test_a_provider_that_gets_busy_within_a_stream_is_unavailable(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.fail_in_stream("rate_limit_exceeded", after="Hel")

    with pytest.raises(ModelUnavailableError):
        await ask(models)


async def test_a_connection_that_closes_without_an_answer_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.hang()
    provider.release()

    with pytest.raises(ModelFailedError):
        await ask(models)


async def test_a_model_that_never_says_anything_is_a_failure(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.respond = lambda _request: Said()

    with pytest.raises(ModelFailedError):
        await ask(models)


async def test_a_failure_after_a_tool_was_called_is_told(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.call("find", {"title": "A"})
    provider.fail(500)
    find = Recorder("find")

    with pytest.raises(ModelFailedError):
        await ask(models, make_question(tools=[find.tool]))

    assert len(find.called_with) == 1


async def test_a_request_that_failed_is_sent_again(provider: OpenAiServer) -> None:
    provider.fail(500, headers={"retry-after-ms": "1"})
    provider.say("Here I am.")

    async with models_of(**provider_settings(provider, retries=1)) as models:
        heard = await ask(models)

    assert heard.text == "Here I am."
    assert len(provider.requests) == 2


async def test_a_request_that_was_refused_is_not_sent_again(provider: OpenAiServer) -> None:
    provider.fail(401, "invalid_api_key")

    async with models_of(**provider_settings(provider, retries=3)) as models:
        with pytest.raises(ModelFailedError):
            await ask(models)

    assert len(provider.requests) == 1


async def test_retries_take_no_longer_than_the_time_for_an_answer(provider: OpenAiServer) -> None:
    for _ in range(4):
        provider.fail(503, headers={"retry-after": "20"})
    started = time.monotonic()

    async with models_of(**provider_settings(provider, retries=3, timeout_seconds=0.3)) as models:
        with pytest.raises((ModelTimeoutError, ModelUnavailableError)):
            await ask(models)

    assert time.monotonic() - started < 5


async def test_a_failure_does_no_harm_to_the_next_answer(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.break_stream(after="Hel")
    provider.say("Here I am.")

    with pytest.raises(ModelFailedError):
        await ask(models)
    heard = await ask(models)

    assert heard.text == "Here I am."


async def test_one_may_stop_listening_to_a_model_that_hangs(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.pause("Hel", "lo")

    async with aclosing(models.answer(make_question(), Usage())) as events:
        await anext(events)

    provider.release()
    provider.say("Next.")
    assert (await ask(models)).text == "Next."
