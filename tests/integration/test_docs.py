"""The pages of the documentation. What they do in a browser is tested in e2e/."""

import re

import httpx2
import pytest


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

    assert document["info"]["title"] == "MVP Backend"
