"""To the issuer and back: what is taken, and what is refused."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database
from backend.integrations.identity import openid
from backend.models.platform.mixins import now
from backend.services.identity import signed_ids
from tests.fixtures.application import PUBLIC_URL, running_app
from tests.fixtures.issuer import CLIENT_ID, Issuer, query_of
from tests.fixtures.people import Person
from tests.fixtures.processes import free_port
from tests.fixtures.sign_in_browser import (
    OIDC,
    Browser,
    Json,
    account_of,
    error_of,
    with_issuer,
)
from tests.fixtures.walking import walk
from tests.ids import short_id
from tests.integration.identity.test_api_keys import execute

EVERYTHING = text("""
    SELECT provider_sign_ins::text FROM provider_sign_ins
    UNION ALL SELECT linked_identities::text FROM linked_identities
    UNION ALL SELECT events::text FROM events
    UNION ALL SELECT args::text FROM procrastinate_jobs
""")


@pytest.mark.parametrize(
    "page", ["http://127.0.0.1:4711/", "http://localhost:1/back", f"{PUBLIC_URL}/back"]
)
async def test_a_client_may_receive_the_answer_itself(browser: Browser, page: str) -> None:
    browser.redirect_uri = page
    back = await browser.go()
    assert back.startswith(f"{page}?")
    answer = {name: query_of(back)[name] for name in ("code", "state")}

    handed = await browser.app.post(f"{OIDC}/oidc/callback", json=answer | {"redirect_uri": page})

    assert handed.status_code == 200, handed.text
    assert (await browser.redeem(handed.json()["code"])).status_code == 200


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example.com/",
        f"{PUBLIC_URL}.evil.example.com/",
        "http://127.0.0.1.evil.example.com:80/",
        "http://evil.example.com:1@127.0.0.1/",
        "https://127.0.0.1:4711/",
    ],
)
async def test_no_other_page_receives_it(browser: Browser, page: str) -> None:
    body = {"code_challenge": "x" * 43, "redirect_uri": page}

    refused = await browser.app.post(f"{OIDC}/oidc/start", json=body)

    assert error_of(refused)["loc"] == ["body", "redirect_uri"]


async def test_a_person_who_refuses_comes_back_to_the_frontend(browser: Browser) -> None:
    started = await browser.begin()

    back = await browser.come_back(
        f"{OIDC}/oidc/callback?error=access_denied&state={started['state']}"
    )

    assert back == {"error": "access_denied"}


async def test_a_callback_that_comes_again_gives_no_second_code(browser: Browser) -> None:
    address = await browser.go()
    first = await browser.come_back(address)

    again = await browser.come_back(address)

    assert again["error"] == "failed"
    assert (await browser.redeem(first["code"])).status_code == 200


async def test_of_callbacks_at_once_one_gives_a_code(browser: Browser, issuer: Issuer) -> None:
    address = await browser.go()

    answers = await asyncio.gather(*(browser.come_back(address) for _ in range(5)))

    assert Counter("code" in each for each in answers) == {True: 1, False: 4}


async def test_a_state_gives_one_code_even_with_another_code_of_the_issuer(
    browser: Browser,
) -> None:
    """As one who has a code of the issuer could try."""
    started = await browser.begin()
    async with httpx2.AsyncClient() as web:
        addresses = [(await web.get(started["url"])).headers["location"] for _ in range(2)]
    await browser.come_back(addresses[0])

    again = await browser.come_back(addresses[1])

    assert again["reason"].startswith("The state")


@pytest.mark.parametrize(
    ("what", "by"),
    [
        ("^.*$", ""),
        ("^.*$", "x" * 150),
        (".{9}$", "123456789"),
        ("^.{9}", "123456789"),
        (r"\.", ""),
        ("$", "é"),
        (r"\.[^.]*$", ""),
    ],
)
async def test_another_state_is_refused(browser: Browser, what: str, by: str) -> None:
    back = query_of(await browser.go())

    body = {"code": back["code"], "state": re.sub(what, by, back["state"], count=1)}
    refused = await browser.app.post(f"{OIDC}/oidc/callback", json=body)

    assert error_of(refused)["type"] == "invalid_state"


async def test_the_state_of_another_provider_is_refused(browser: Browser) -> None:
    back = query_of(await browser.go())

    body = {"code": back["code"], "state": back["state"]}
    refused = await browser.app.post(f"{OIDC}/github/callback", json=body)

    assert error_of(refused)["type"] == "invalid_state"


async def test_a_state_of_another_attempt_is_refused_by_the_issuer(browser: Browser) -> None:
    """The code belongs to the secret that was sent with its own state."""
    code = query_of(await browser.go())["code"]
    other = query_of(await Browser(browser.app).go())["state"]

    refused = await browser.app.post(f"{OIDC}/oidc/callback", json={"code": code, "state": other})

    assert refused.status_code == 401


async def test_a_state_expires(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    back = query_of(await browser.go())
    monkeypatch.setattr(signed_ids, "now", lambda: now() + timedelta(minutes=11))

    body = {"code": back["code"], "state": back["state"]}
    refused = await browser.app.post(f"{OIDC}/oidc/callback", json=body)

    assert error_of(refused)["type"] == "invalid_state"


async def test_a_code_that_was_handed_over_expires(browser: Browser, database: Database) -> None:
    code = await browser.code()
    await execute(database, "UPDATE provider_sign_ins SET expires_at = now()")

    assert error_of(await browser.redeem(code))["type"] == "invalid_code"


async def test_a_code_used_at_once_opens_one_session(browser: Browser) -> None:
    code = await browser.code()

    answers = await asyncio.gather(*(browser.redeem(code) for _ in range(5)))

    assert Counter(each.status_code for each in answers) == {200: 1, 422: 4}


async def test_another_client_cant_use_a_code(browser: Browser) -> None:
    code = await browser.code()

    assert error_of(await Browser(browser.app).redeem(code))["type"] == "invalid_code"
    assert (await browser.redeem(code)).status_code == 200


async def test_an_issuer_that_changes_its_key_is_followed(browser: Browser, issuer: Issuer) -> None:
    await browser.sign_in()
    issuer.change_keys()

    assert (await Browser(browser.app).sign_in()).status_code == 200


async def test_a_token_of_another_key_is_refused(browser: Browser, issuer: Issuer) -> None:
    issuer.change_keys(secretly=True)

    assert (await browser.come_back(await browser.go()))["error"] == "failed"


@pytest.mark.parametrize(
    ("seconds", "is_taken"), [(-330, True), (-400, False), (30, True), (120, False)]
)
async def test_the_clock_of_an_issuer_may_differ_by_a_minute(
    browser: Browser, issuer: Issuer, seconds: int, is_taken: bool
) -> None:
    issuer.clock = seconds

    assert ("code" in await browser.come_back(await browser.go())) is is_taken


@pytest.mark.parametrize(
    "forged",
    [
        {"iss": "https://evil.example.com"},
        {"aud": "another client"},
        {"aud": ["of the tests: 1", "another client"], "azp": "another client"},
        {"nonce": "of another attempt"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"exp": None},
    ],
    ids=short_id,
)
async def test_a_token_for_something_else_is_refused(
    browser: Browser, issuer: Issuer, forged: Json
) -> None:
    issuer.forged = forged

    assert (await browser.come_back(await browser.go()))["error"] == "failed"


@pytest.fixture
async def new_app(settings: Settings, issuer: Issuer) -> AsyncIterator[httpx2.AsyncClient]:
    """An application that has asked the issuer nothing yet; what is of no use it asks for again."""
    async with running_app(with_issuer(settings, issuer)) as client:
        yield client


@walk("answer", {"503": (503, {}), "HTML": (200, b"<html>"), "little": (200, {"issuer": "x"})})
async def test_an_issuer_that_says_nothing_of_use_is_unavailable(
    new_app: httpx2.AsyncClient, issuer: Issuer, browser: Browser, answer: tuple[int, Any]
) -> None:
    issuer.broken["/.well-known/openid-configuration"] = answer

    refused = await new_app.post(f"{OIDC}/oidc/start", json={"code_challenge": "x" * 43})

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")


async def test_an_issuer_that_is_down_is_unavailable(
    settings: Settings, issuer: Issuer, browser: Browser
) -> None:
    away = with_issuer(settings, issuer, oidc_issuer=f"http://127.0.0.1:{free_port()}")
    async with running_app(away) as client:
        refused = await client.post(f"{OIDC}/oidc/start", json={"code_challenge": "x" * 43})

    assert refused.status_code == 503


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((400, {"error": "invalid_grant"}), 401),
        ((500, {}), 503),
        ((429, {}), 503),
        ((200, {"access_token": "t"}), 503),
        ((200, []), 503),
        ((200, b" " * 2_000_000), 503),
        ((200, {"id_token": "x.y"}), 401),
        ((200, {"id_token": "eyJhbGciOiJub25lIn0.e30."}), 401),
    ],
    ids=short_id,
)
async def test_answers_for_a_code_that_are_of_no_use_are_told_apart(
    issuer: Issuer, browser: Browser, answer: tuple[int, Any], status: int
) -> None:
    """401: this person can begin again; 503: so can everybody, later."""
    issuer.broken["/token"] = answer

    refused = await handed_over(browser)

    assert refused.status_code == status, refused.text


USELESS_KEYS: dict[str, tuple[tuple[int, Any], int]] = {
    "a list": ((200, []), 503),
    "null": ((200, {"keys": None}), 401),
    "other keys": ((200, {"keys": [1, {"kty": "oct", "k": "AA"}, {"kty": "RSA"}]}), 401),
    "an unknown kind": ((200, {"keys": [{"kty": "of another century"}]}), 401),
    "404": ((404, {}), 503),
}


@walk("useless", USELESS_KEYS)
async def test_keys_that_are_of_no_use_are_told_apart(
    new_app: httpx2.AsyncClient,
    issuer: Issuer,
    browser: Browser,
    useless: tuple[tuple[int, Any], int],
) -> None:
    issuer.broken["/keys"], status = useless

    refused = await handed_over(Browser(new_app))

    assert refused.status_code == status, refused.text


async def handed_over(browser: Browser) -> httpx2.Response:
    """What the issuer's answer leads to, which the client hands over itself."""
    back = query_of(await browser.go())
    body = {"code": back["code"], "state": back["state"]}
    return await browser.app.post(f"{OIDC}/oidc/callback", json=body)


async def test_without_keys_the_next_sign_in_asks_for_them_again(
    new_app: httpx2.AsyncClient, issuer: Issuer, browser: Browser
) -> None:
    issuer.broken["/keys"] = (200, {"keys": []})
    assert (await Browser(new_app).come_back(await Browser(new_app).go()))["error"] == "failed"
    issuer.broken.clear()
    assert (await Browser(new_app).sign_in()).status_code == 200


async def test_a_key_that_stays_unknown_is_asked_for_once_more(
    browser: Browser, issuer: Issuer
) -> None:
    await browser.sign_in()
    issuer.change_keys(secretly=True)
    issuer.requests.clear()

    assert (await browser.come_back(await browser.go()))["error"] == "failed"

    assert [each.path for each in issuer.requests].count("/keys") == 1


async def test_endpoints_are_read_again_after_an_hour(
    browser: Browser, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.begin()
    later = time.monotonic() + 3601
    monkeypatch.setattr(openid, "monotonic", lambda: later)
    issuer.requests.clear()

    await browser.begin()
    await browser.begin()

    assert [each.path for each in issuer.requests] == ["/.well-known/openid-configuration"]


async def test_an_address_that_is_none_is_ignored(browser: Browser, issuer: Issuer) -> None:
    issuer.be("ada", email="ada at home")

    refused = await browser.sign_in()

    assert refused.status_code == 409


async def test_a_public_client_sends_no_secret(
    settings: Settings, issuer: Issuer, browser: Browser
) -> None:
    async with running_app(with_issuer(settings, issuer, oidc_client_secret=None)) as client:
        await Browser(client).come_back(await Browser(client).go())

    [exchange] = [each for each in issuer.requests if each.path == "/token"]
    assert exchange.body["client_id"] == CLIENT_ID
    assert "client_secret" not in exchange.body


async def test_a_browser_without_a_code_comes_back_with_an_error(browser: Browser) -> None:
    assert await browser.come_back(f"{OIDC}/oidc/callback") == {"error": "failed"}


async def test_what_says_to_be_another_issuer_is_not_believed(
    settings: Settings, issuer: Issuer, browser: Browser
) -> None:
    settings = with_issuer(settings, issuer, oidc_issuer=f"{issuer.url}/")
    async with running_app(settings) as client:
        refused = await client.post(f"{OIDC}/oidc/start", json={"code_challenge": "x" * 43})

    assert refused.status_code == 503


@pytest.fixture
async def limited(settings: Settings, issuer: Issuer) -> AsyncIterator[httpx2.AsyncClient]:
    """An application that takes two failures of an address."""
    security = settings.security.model_copy(update={"sign_in_failures_per_address": 2})
    changed = settings.model_copy(update={"security": security})
    async with running_app(with_issuer(changed, issuer)) as client:
        yield client


async def made_up(client: httpx2.AsyncClient) -> httpx2.Response:
    """What a code is answered with that the issuer does not know."""
    body = {"code": "made up", "state": (await Browser(client).begin())["state"]}
    return await client.post(f"{OIDC}/oidc/callback", json=body)


async def test_refused_codes_are_limited_by_address(
    limited: httpx2.AsyncClient, browser: Browser
) -> None:
    answers = [await made_up(limited) for _ in range(3)]

    assert [each.status_code for each in answers] == [401, 401, 429]


async def test_codes_refused_at_once_are_limited_exactly_and_recorded(
    limited: httpx2.AsyncClient, browser: Browser, admin: Person
) -> None:
    answers = await asyncio.gather(*(made_up(limited) for _ in range(6)))

    assert Counter(each.status_code for each in answers) == {401: 2, 429: 4}
    query = {"type": "sign_in.failed"}
    events = (await admin.get("/audit", params=query)).json()["items"]
    assert [each["changes"]["provider"]["after"] for each in events] == ["oidc"] * 2


async def test_what_the_token_lacks_is_asked_for(browser: Browser, issuer: Issuer) -> None:
    issuer.has_moved = True

    account = await account_of(browser.app, await browser.sign_in())

    assert (account["email"], account["full_name"]) == ("ada@example.com", "Ada")


async def test_answers_about_somebody_else_are_refused(browser: Browser, issuer: Issuer) -> None:
    issuer.has_moved = True
    issuer.forged = {"userinfo": "subject of eve"}

    assert (await browser.come_back(await browser.go()))["error"] == "failed"


async def test_the_secret_is_sent_in_the_way_that_the_issuer_takes(
    settings: Settings, issuer: Issuer, browser: Browser
) -> None:
    issuer.methods = ["client_secret_post"]
    async with running_app(with_issuer(settings, issuer)) as client:
        assert (await Browser(client).sign_in()).status_code == 200

    [exchange] = [each for each in issuer.requests if each.path == "/token"]
    assert "authorization" not in exchange.headers


async def test_no_secret_is_kept_and_no_token_is_in_an_address(
    browser: Browser, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    address = await browser.go()
    code = (await browser.come_back(address))["code"]
    tokens = (await browser.redeem(code)).json()

    async with database.engine.connect() as connection:
        kept = "".join((await connection.execute(EVERYTHING)).scalars())
    secrets = [code, browser.verifier, query_of(address)["code"], tokens["access_token"]]
    assert not any(each in kept for each in secrets)
    logged = "".join(capfd.readouterr())
    assert not any(each in logged for each in [*secrets, query_of(address)["state"]])
