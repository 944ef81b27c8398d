"""What a browser lets scripts of another origin send and read."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.fixtures.application import make_settings, running_app
from tests.integration.api.document import OPERATIONS

ORIGIN = "https://app.example"
SENT = {
    parameter["name"]
    for operation in OPERATIONS.values()
    for parameter in operation.get("parameters", [])
    if parameter["in"] == "header"
}
ADDED_BY_LIBRARIES = {"traceparent", "tracestate", "baggage", "Cache-Control", "X-Requested-With"}
READ = {
    name
    for operation in OPERATIONS.values()
    for answer in operation["responses"].values()
    for name in answer.get("headers", {})
}


@pytest.fixture(scope="module")
async def browser(worker_database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Of an application that lets one other origin in."""
    settings = make_settings(worker_database_url, server={"cors_origins": [ORIGIN]})
    async with running_app(settings) as client:
        yield client


async def preflight(
    browser: httpx2.AsyncClient, header: str, origin: str = ORIGIN
) -> httpx2.Response:
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": header}
    return await browser.options("/api/v1/tasks", headers={"Origin": origin, **asked})


async def test_browsers_of_listed_origins_may_call(browser: httpx2.AsyncClient) -> None:
    listed = await browser.get("/health/live", headers={"Origin": ORIGIN})
    other = await browser.get("/health/live", headers={"Origin": "https://evil.example"})

    assert listed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize(
    "header", sorted({"Authorization", "Content-Type", "X-Request-ID"} | SENT | ADDED_BY_LIBRARIES)
)
async def test_a_script_may_send_what_the_api_takes(
    browser: httpx2.AsyncClient, header: str
) -> None:
    answer = await preflight(browser, header.lower())

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Headers"].lower() == header.lower()
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_a_preflight_request_of_another_origin_is_refused(
    browser: httpx2.AsyncClient,
) -> None:
    answer = await preflight(browser, "authorization", "https://evil.example")

    assert answer.status_code == 400
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("header", sorted({"X-Request-ID", "Allow"} | READ))
async def test_a_script_may_read_what_the_api_answers(
    browser: httpx2.AsyncClient, header: str
) -> None:
    answer = await browser.get("/health/live", headers={"Origin": ORIGIN})

    exposed = answer.headers["Access-Control-Expose-Headers"].lower().split(", ")
    assert header.lower() in exposed


async def test_a_script_may_read_why_it_was_refused(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/api/v1/tasks", headers={"Origin": ORIGIN})

    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
