"""Searches of the web, against a server that speaks Tavily's protocol."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from backend.core.config import WebSearchSettings
from backend.integrations.assistant.tavily import TavilySearch, open_web_search
from backend.services.assistant.web_search import WebHit, WebSearchUnavailableError
from tests.fixtures.processes import free_port
from tests.fixtures.tavily_server import TAVILY_KEY, TavilyServer, web_search_settings


@asynccontextmanager
async def search_of(server: TavilyServer, **changes: Any) -> AsyncIterator[TavilySearch]:
    search = open_web_search(WebSearchSettings(**web_search_settings(server, **changes)))
    assert search is not None
    try:
        yield search
    finally:
        await search.close()


@pytest.fixture
async def search(tavily: TavilyServer) -> AsyncIterator[TavilySearch]:
    async with search_of(tavily) as search:
        yield search


def test_without_a_key_there_is_no_search() -> None:
    assert open_web_search(WebSearchSettings(api_key=None)) is None


async def test_hits_come_in_their_order(search: TavilySearch, tavily: TavilyServer) -> None:
    tavily.find("The weather is fine.", "It rains.")

    assert await search.find("weather", 5) == [
        WebHit("Page 1", "https://example.com/1", "The weather is fine."),
        WebHit("Page 2", "https://example.com/2", "It rains."),
    ]


async def test_the_search_is_asked_with_the_key(search: TavilySearch, tavily: TavilyServer) -> None:
    await search.find("weather", 5)

    (request,) = tavily.requests
    assert request.headers["authorization"] == f"Bearer {TAVILY_KEY}"
    assert request.body == {"query": "weather", "max_results": 5}


async def test_nothing_may_be_found(search: TavilySearch, tavily: TavilyServer) -> None:
    tavily.find()

    assert await search.find("weather", 5) == []


async def test_no_more_hits_come_than_were_asked_for(
    search: TavilySearch, tavily: TavilyServer
) -> None:
    tavily.find("one", "two", "three")

    assert [hit.text for hit in await search.find("weather", 2)] == ["one", "two"]


async def test_long_texts_are_cut(search: TavilySearch, tavily: TavilyServer) -> None:
    tavily.find_pages({"title": "t" * 9_999, "url": "https://example.com", "content": "c" * 9_999})

    (hit,) = await search.find("weather", 5)

    assert (len(hit.title), len(hit.text)) == (300, 4_000)


async def test_a_question_is_no_longer_than_the_search_takes(
    search: TavilySearch, tavily: TavilyServer
) -> None:
    await search.find("w" * 1_000, 100)

    assert tavily.requests[0].body == {"query": "w" * 400, "max_results": 20}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://example.com", "", "https://" * 999])
async def test_what_does_not_lead_to_the_web_is_left_out(
    search: TavilySearch, tavily: TavilyServer, url: str
) -> None:
    good = {"title": "Good", "url": "http://example.com", "content": "good"}
    tavily.find_pages({"title": "Bad", "url": url, "content": "bad"}, good)

    assert [hit.title for hit in await search.find("weather", 5)] == ["Good"]


async def test_a_wrong_key_is_told(tavily: TavilyServer) -> None:
    async with search_of(tavily, api_key="tvly-wrong") as search:
        with pytest.raises(WebSearchUnavailableError, match="invalid API key"):
            await search.find("weather", 5)


@pytest.mark.parametrize("status", [204, 302, 400, 401, 403, 404, 429, 432, 433, 500, 503])
async def test_every_failure_is_one_of_the_search(
    search: TavilySearch, tavily: TavilyServer, status: int
) -> None:
    tavily.fail(status)

    with pytest.raises(WebSearchUnavailableError):
        await search.find("weather", 5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"null",
        b"[]",
        b'"text"',
        b'{"results": null}',
        b'{"results": [1]}',
        b'{"results": [{"title": "No more"}]}',
        b"\xff\xfe",
    ],
)
async def test_what_is_no_answer_is_a_failure(
    search: TavilySearch, tavily: TavilyServer, body: bytes
) -> None:
    tavily.garbage(body)

    with pytest.raises(WebSearchUnavailableError):
        await search.find("weather", 5)


async def test_a_search_that_is_not_there_is_a_failure(tavily: TavilyServer) -> None:
    async with search_of(tavily, url=f"http://127.0.0.1:{free_port()}") as search:
        with pytest.raises(WebSearchUnavailableError):
            await search.find("weather", 5)


async def test_a_search_that_says_nothing_is_not_waited_for(tavily: TavilyServer) -> None:
    tavily.hang()

    async with search_of(tavily, timeout_seconds=0.2) as search:
        with pytest.raises(WebSearchUnavailableError):
            await search.find("weather", 5)


async def test_a_search_that_never_ends_is_not_waited_for(tavily: TavilyServer) -> None:
    tavily.trickle()
    started = time.monotonic()

    async with search_of(tavily, timeout_seconds=0.3) as search:
        with pytest.raises(WebSearchUnavailableError):
            await search.find("weather", 5)

    assert time.monotonic() - started < 3


async def test_a_failure_does_no_harm_to_the_next_search(
    search: TavilySearch, tavily: TavilyServer
) -> None:
    tavily.fail(500)
    tavily.find("It rains.")

    with pytest.raises(WebSearchUnavailableError):
        await search.find("weather", 5)

    assert [hit.text for hit in await search.find("weather", 5)] == ["It rains."]


async def test_a_search_that_was_never_used_can_be_closed(tavily: TavilyServer) -> None:
    async with search_of(tavily):
        pass

    assert tavily.requests == []
