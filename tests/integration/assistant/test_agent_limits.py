"""What one request may use, and one person in a day."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from backend.core.config import ModelProvider, Settings
from backend.core.scopes import SYSTEM
from backend.models.assistant.usage_records import UsageRecord
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.fixtures.application import make_settings, running_app
from tests.fixtures.assistant import add_default, begin_chat, messages_of, say
from tests.fixtures.http_server import until
from tests.fixtures.openai_server import MODEL, OpenAiServer, provider_settings
from tests.fixtures.openai_wire import Tokens
from tests.fixtures.people import Person


@asynccontextmanager
async def limited(
    person: Person, settings: Settings, model: OpenAiServer, **limits: Any
) -> AsyncIterator[Person]:
    """The person, at an application that has other limits."""
    url = settings.database.url
    assert url is not None
    changed = make_settings(
        url.get_secret_value(),
        assistant=limits,
        language_models=provider_settings(model),
    )
    async with running_app(changed) as client:
        yield replace(person, client=client)


async def ask(person: Person, text: str = "Hello") -> Any:
    return await person.post("/agent/act", json={"request": text})


async def test_an_answer_that_takes_too_many_steps_is_refused(
    member: Person, settings: Settings, model: OpenAiServer
) -> None:
    for _ in range(3):
        model.call("find_tasks", {})

    async with limited(member, settings, model, model_calls=2) as person:
        answer = await ask(person)

    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/limit-reached")
    assert "Retry-After" not in answer.headers
    assert len(model.requests) == 2


async def test_an_answer_that_takes_too_many_tokens_is_refused(
    member: Person, settings: Settings, model: OpenAiServer
) -> None:
    model.say("Hello.", tokens=Tokens(900, 200))

    async with limited(member, settings, model, tokens=1000) as person:
        answer = await ask(person)

    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/limit-reached")


async def test_an_answer_that_takes_too_long_is_refused(
    member: Person, settings: Settings, model: OpenAiServer
) -> None:
    model.slow(*("again " for _ in range(100)), seconds_between=0.05)

    async with limited(member, settings, model, seconds=0.3) as person:
        answer = await ask(person)

    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/limit-reached")


async def test_an_answer_that_costs_too_much_is_refused(
    member: Person, settings: Settings, model: OpenAiServer
) -> None:
    model.say("Hello.", tokens=Tokens(50_000, 20_000))

    async with limited(member, settings, model, cost="0.001") as person:
        answer = await ask(person)

    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/limit-reached")


async def test_what_tools_have_done_before_a_limit_is_told_in_the_chat(
    member: Person, settings: Settings, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.call("create_task", {"title": "Call Grace"})

    async with limited(member, settings, model, model_calls=1) as person:
        answer = await say(person, chat, "Create a task")

    assert answer.status_code == 429
    kept = (await messages_of(member, chat))[-1]
    tasks = (await member.get("/tasks")).json()["items"]
    told = [part for part in kept["parts"] if part["kind"] == "tool_result"]
    assert len(told) == len(tasks)
    assert kept["status"] == "failed"


async def test_a_configuration_narrows_what_a_request_may_use(
    member: Person, provider: OpenAiServer, tools: None, uow: SqlUnitOfWorkFactory
) -> None:
    await add_default(uow, provider="openai", model=MODEL, model_calls=1)
    provider.call("find_tasks", {})

    answer = await ask(member)

    assert answer.status_code == 429


async def test_who_has_used_up_the_day_is_refused_until_midnight(
    member: Person, viewer: Person, settings: Settings, model: OpenAiServer
) -> None:
    model.say("Hello.", tokens=Tokens(900, 100))
    model.say("Hello.")

    async with limited(member, settings, model, tokens_per_day=1000) as person:
        first = await ask(person)
        second = await ask(person)
        somebody_else = await ask(replace(viewer, client=person.client))

    assert [first.status_code, second.status_code, somebody_else.status_code] == [200, 429, 200]
    assert second.json()["type"] == "/problems/limit-reached"
    assert 1 <= int(second.headers["Retry-After"]) <= 24 * 60 * 60
    assert "tokens" in second.json()["detail"]
    assert len(model.requests) == 2


async def test_a_refused_message_is_not_said(
    member: Person, settings: Settings, model: OpenAiServer
) -> None:
    chat = await begin_chat(member)
    model.say("Hello.")

    async with limited(member, settings, model, model_calls_per_day=1) as person:
        await say(person, chat, "Hello")
        answer = await say(person, chat, "And now?")

    assert answer.status_code == 429
    assert len(await messages_of(member, chat)) == 2


async def test_the_limit_of_a_day_holds_for_requests_at_the_same_time(
    member: Person, settings: Settings, model: OpenAiServer
) -> None:
    model.hold()
    for _ in range(6):
        model.say("Hello.")

    async with limited(member, settings, model, model_calls=2, model_calls_per_day=6) as person:
        asking = [asyncio.ensure_future(ask(person)) for _ in range(6)]
        await until(lambda: sum(each.done() for each in asking) == len(model.requests) == 3)
        model.release()
        answers = await asyncio.gather(*asking)

    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 3
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.headers["Retry-After"] for answer in refused} == {"5"}
    assert "reserved by requests in progress" in refused[0].json()["detail"]


async def test_what_is_held_for_an_answer_that_has_crashed_is_free_again(
    member: Person, settings: Settings, model: OpenAiServer, uow: SqlUnitOfWorkFactory
) -> None:
    crashed = UsageRecord(
        owner_id=member.user.id,
        provider=ModelProvider.OPENAI,
        model=MODEL,
        started_at=now() - timedelta(seconds=2),
        deadline_at=now() - timedelta(seconds=1),
        held_model_calls=6,
        held_tokens=1000,
        held_seconds=1,
        held_cost=Decimal(1),
    )
    async with uow(SYSTEM) as unit:
        await unit.usage_records.save(crashed)
        await unit.commit()
    model.say("Hello.")

    async with limited(member, settings, model, model_calls=6, model_calls_per_day=6) as person:
        answer = await ask(person)

    assert answer.status_code == 200


async def test_what_was_used_of_the_day_is_shown(member: Person, model: OpenAiServer) -> None:
    model.say("Hello.", tokens=Tokens(90, 10))
    await ask(member)
    model.fail(401)
    await ask(member)

    used = (await member.get("/agent/usage")).json()

    assert (used["model_calls"], used["tokens"]) == (1, 100)
    assert (used["max_model_calls"], used["max_tokens"]) == (500, 2_000_000)
    assert float(used["cost"]) > 0


async def test_the_offline_model_holds_no_cost(
    member: Person, settings: Settings, tools: None
) -> None:
    url = settings.database.url
    assert url is not None
    changed = make_settings(url.get_secret_value(), assistant={"cost": "1", "cost_per_day": "1"})
    async with running_app(changed) as client:
        person = replace(member, client=client)
        answers = await asyncio.gather(*(ask(person) for _ in range(4)))

    assert [answer.status_code for answer in answers] == [200] * 4
