"""The pages of the documentation. What they do in a browser is tested in e2e/."""

import asyncio
import gzip
import json
import re
from collections.abc import Callable
from threading import get_ident

import httpx2
import pytest
from fastapi import FastAPI

from backend.api.kept_content import KeptContent
from backend.core.product import NAME
from tests.integration.api.document import DOCUMENT, OPERATIONS


async def test_the_root_leads_to_the_docs(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/")

    assert (answer.status_code, answer.headers["Location"]) == (307, "/docs")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_a_page_loads_everything_from_our_own_server(
    client: httpx2.AsyncClient, path: str
) -> None:
    page = await client.get(path)

    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href|spec-url)="([^"]+)"', page.text)
    assert loaded
    for address in loaded:
        assert address.startswith("/")
        assert (await client.get(address)).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_a_page_runs_no_inline_script(client: httpx2.AsyncClient, path: str) -> None:
    page = await client.get(path)

    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert re.search(r"<script(?![^>]*\bsrc=)", page.text) is None


async def test_the_document_is_served(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()

    assert document["info"]["title"] == NAME


async def test_the_document_is_that_of_the_code(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/openapi.json")

    assert answer.json() == DOCUMENT
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1, gzip;q=0.5", "gzip"),
        ("*", "gzip"),
        ("GZIP", "gzip"),
        ("identity", None),
        ("gzip;q=0", None),
        ("*;q=1, gzip;q=0", None),
        ("", None),
    ],
)
async def test_the_document_is_compressed_for_who_takes_that(
    client: httpx2.AsyncClient, accepted: str, coding: str | None
) -> None:
    answer = await client.get("/openapi.json", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.json()["info"]["title"] == NAME


async def test_the_compressed_document_is_short(client: httpx2.AsyncClient) -> None:
    async with client.stream("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join([chunk async for chunk in answer.aiter_raw()])

    assert len(sent) == int(answer.headers["Content-Length"]) < 300 * len(OPERATIONS)
    assert json.loads(gzip.decompress(sent)) == DOCUMENT


@pytest.mark.parametrize("path", ["/openapi.json", "/docs/own/docs.js", "/docs/redoc.js"])
@pytest.mark.parametrize("accepted", ["gzip", "identity"])
async def test_what_somebody_has_is_not_sent_again(
    client: httpx2.AsyncClient, path: str, accepted: str
) -> None:
    coding = {"Accept-Encoding": accepted}
    etag = (await client.get(path, headers=coding)).headers["ETag"]

    for seen in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        same = await client.get(path, headers=coding | {"If-None-Match": seen})
        assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
        assert "Content-Encoding" not in same.headers
    other = await client.get(path, headers=coding | {"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_the_forms_of_one_content_have_etags_of_their_own(client: httpx2.AsyncClient) -> None:
    answers = [
        await client.get("/openapi.json", headers={"Accept-Encoding": accepted})
        for accepted in ("gzip", "identity")
    ]

    assert len({answer.headers["ETag"] for answer in answers}) == 2


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_files_are_kept_for_ever_by_an_address_that_changes_with_them(
    client: httpx2.AsyncClient, path: str
) -> None:
    page = await client.get(path)

    loaded = set(re.findall(r'="(/docs/[^"]+)"', page.text))
    assert len(loaded) >= 3
    for address in loaded:
        assert "immutable" in (await client.get(address)).headers["Cache-Control"]
        for other in (address.partition("?")[0], f"{address}0"):
            assert (await client.get(other)).headers["Cache-Control"] == "no-cache"


async def test_head_tells_the_same_of_a_file(client: httpx2.AsyncClient) -> None:
    read, asked = await client.get("/docs/own/docs.css"), await client.head("/docs/own/docs.css")

    assert asked.content == b""
    assert asked.headers["ETag"] == read.headers["ETag"]
    assert asked.headers["Content-Length"] == read.headers["Content-Length"]


@pytest.fixture
def kept() -> Callable[[Callable[[], bytes]], httpx2.AsyncClient]:
    """A client of an application that serves only what a function makes."""

    def serve(make: Callable[[], bytes]) -> httpx2.AsyncClient:
        app = FastAPI(openapi_url=None)
        app.add_route("/", KeptContent(make, "text/plain").answer)
        transport = httpx2.ASGITransport(app=app)
        return httpx2.AsyncClient(transport=transport, base_url="http://kept")

    return serve


async def test_content_is_made_once_and_not_on_the_event_loop(
    kept: Callable[[Callable[[], bytes]], httpx2.AsyncClient],
) -> None:
    threads = []

    def make() -> bytes:
        threads.append(get_ident())
        return b"made"

    async with kept(make) as client:
        answers = await asyncio.gather(*[client.get("/") for _ in range(5)])

    assert [answer.text for answer in answers] == ["made"] * 5
    assert len(threads) == 1
    assert threads != [get_ident()]


async def test_what_could_not_be_made_is_made_at_the_next_request(
    kept: Callable[[Callable[[], bytes]], httpx2.AsyncClient],
) -> None:
    results = [OSError("away"), None]

    def make() -> bytes:
        if failure := results.pop(0):
            raise failure
        return b"made"

    async with kept(make) as client:
        with pytest.raises(OSError, match="away"):
            await client.get("/")
        assert (await client.get("/")).text == "made"
