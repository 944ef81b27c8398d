"""What language models are asked, and what comes back of their answers."""

from contextlib import aclosing

import pytest

from backend.core.config import ModelProvider
from backend.core.errors import ModelFailedError
from backend.integrations.assistant.language_models import LanguageModelsOnDemand
from backend.models.assistant.model_usage import Usage
from backend.services.assistant.language_models import Answered, ModelChoice, TextDelta
from tests.fixtures.http_server import until
from tests.fixtures.language_models import ask, make_question, models_of
from tests.fixtures.openai_server import KEY, MODEL, OpenAiServer, provider_settings
from tests.fixtures.openai_wire import Said


async def test_text_comes_in_the_pieces_that_were_sent(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Hello", " there", "!")

    heard = await ask(models)

    assert heard.events == [
        TextDelta("Hello"),
        TextDelta(" there"),
        TextDelta("!"),
        Answered(output=None),
    ]


async def test_a_piece_arrives_before_the_answer_has_ended(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.pause("Hel", "lo")

    async with aclosing(models.answer(make_question(), Usage())) as events:
        first = await anext(events)
        provider.release()
        rest = [event async for event in events]

    assert first == TextDelta("Hel")
    assert rest == [TextDelta("lo"), Answered(output=None)]


async def test_the_question_is_asked_with_its_instructions_and_the_key(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Yes.")

    await ask(models, make_question("Is it raining?"))

    (request,) = provider.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["model"] == MODEL
    assert request.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Is it raining?"},
    ]


async def test_temperature_and_the_longest_answer_are_sent(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Yes.")
    choice = ModelChoice(ModelProvider.OPENAI, "gpt-4o", temperature=0.2, max_output_tokens=300)

    await ask(models, make_question(choice=choice))

    (request,) = provider.requests
    assert request.body["temperature"] == 0.2
    assert request.body["max_completion_tokens"] == 300


async def test_a_model_that_thinks_first_is_asked_without_a_temperature(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Yes.")
    choice = ModelChoice(ModelProvider.OPENAI, "gpt-5-mini", temperature=0.2)

    heard = await ask(models, make_question(choice=choice))

    assert heard.text == "Yes."
    assert "temperature" not in provider.requests[0].body


async def test_what_is_not_chosen_is_left_to_the_provider(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.say("Yes.")

    await ask(models)

    assert {"temperature", "max_completion_tokens", "tools"}.isdisjoint(provider.requests[0].body)


async def test_who_stops_listening_ends_the_request(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.pause("Hel", "lo")

    async with aclosing(models.answer(make_question(), Usage())) as events:
        await anext(events)

    await until(lambda: provider.left == 1)


async def test_azure_is_asked_by_deployment_with_its_own_header(provider: OpenAiServer) -> None:
    provider.say("Yes.")
    settings = {"azure_endpoint": provider.url, "azure_api_key": "azure-key"}

    async with models_of(**provider_settings(provider, **settings)) as models:
        heard = await ask(models, make_question(choice=ModelChoice(ModelProvider.AZURE, "my-gpt")))

    (request,) = provider.requests
    expected = "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    assert (request.path, request.headers["api-key"]) == (expected, "azure-key")
    assert heard.text == "Yes."


async def test_a_compatible_server_needs_no_key(provider: OpenAiServer) -> None:
    provider.say("Yes.")

    async with models_of(compatible_url=f"{provider.url}/v1", retries=0) as models:
        question = make_question(choice=ModelChoice(ModelProvider.COMPATIBLE, "llama3.2"))
        heard = await ask(models, question)

    (request,) = provider.requests
    assert KEY not in str(request.headers)
    assert (request.body["model"], heard.text) == ("llama3.2", "Yes.")


async def test_a_compatible_server_gets_the_key_that_is_set(provider: OpenAiServer) -> None:
    provider.say("Yes.")
    settings = {"compatible_url": f"{provider.url}/v1", "compatible_api_key": "of-vllm"}

    async with models_of(**settings) as models:
        await ask(models, make_question(choice=ModelChoice(ModelProvider.COMPATIBLE, "llama3.2")))

    assert provider.requests[0].headers["authorization"] == "Bearer of-vllm"


async def test_the_offline_model_asks_nobody(provider: OpenAiServer) -> None:
    async with models_of(**provider_settings(provider)) as models:
        question = make_question(choice=ModelChoice(ModelProvider.OFFLINE, "offline"))
        heard = await ask(models, question)

    assert "offline" in heard.text
    assert provider.requests == []


async def test_models_that_were_closed_ask_nobody(provider: OpenAiServer) -> None:
    provider.respond = lambda _request: Said(["Yes."])

    async with models_of(**provider_settings(provider)) as models:
        await ask(models)
        await models.close()
        with pytest.raises(ModelFailedError):
            await ask(models)

    assert len(provider.requests) == 1


async def test_answers_come_at_the_same_time(
    models: LanguageModelsOnDemand, provider: OpenAiServer
) -> None:
    provider.pause("A", "B")
    provider.say("Quick.")

    async with aclosing(models.answer(make_question(), Usage())) as slow:
        await anext(slow)
        heard = await ask(models)

    assert heard.text == "Quick."
