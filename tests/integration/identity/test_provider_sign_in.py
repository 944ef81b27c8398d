"""Whose account it is that an issuer vouches for."""

import asyncio
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import text

from backend.core.config import ProviderName, Settings
from backend.core.database import Database
from backend.core.permissions import Role
from backend.models.platform.mixins import now
from backend.services.identity import second_factor_check
from tests.factories import PASSWORD
from tests.fixtures.application import running_app
from tests.fixtures.authenticator import Authenticator
from tests.fixtures.issuer import Issuer
from tests.fixtures.sign_in_browser import (
    OIDC,
    Browser,
    MakeAda,
    account_of,
    with_issuer,
)
from tests.integration.identity.passkeys import register, sign_in
from tests.integration.identity.test_api_keys import execute
from tests.integration.identity.test_second_factors import AT, protect


async def test_the_configured_providers_are_listed(browser: Browser) -> None:
    assert (await browser.app.get(OIDC)).json()["providers"] == [
        {"provider": "github", "name": "GitHub"},
        {"provider": "oidc", "name": "The issuer"},
    ]


async def test_a_provider_that_is_not_configured_is_not_found(client: httpx2.AsyncClient) -> None:
    assert (await client.get(OIDC)).json() == {"providers": []}
    body = {"code_challenge": "x" * 43}
    assert (await client.post(f"{OIDC}/google/start", json=body)).status_code == 404
    assert (await client.get(f"{OIDC}/google/callback?code=a&state=b")).status_code == 404


async def test_somebody_new_gets_an_account_without_a_password(browser: Browser) -> None:
    account = await account_of(browser.app, await browser.sign_in())

    assert (account["email"], account["full_name"]) == ("ada@example.com", "Ada")
    assert account["role"] == Role.GUEST
    assert account["email_verified_at"] is not None
    form = {"username": "ada@example.com", "password": "!"}
    assert (await browser.app.post("/api/v1/auth/token", data=form)).status_code == 401


async def test_the_second_time_it_is_the_same_account(browser: Browser, issuer: Issuer) -> None:
    first = await account_of(browser.app, await browser.sign_in())
    # Who it is says the subject, not the address.
    issuer.be("ada", email="ada.king@example.com")

    again = await account_of(browser.app, await Browser(browser.app).sign_in())

    assert again["id"] == first["id"]


async def test_two_first_sign_ins_at_once_open_one_account(browser: Browser) -> None:
    others = [Browser(browser.app) for _ in range(4)]
    codes = [await each.code() for each in others]

    answers = await asyncio.gather(
        *(each.redeem(code) for each, code in zip(others, codes, strict=True))
    )

    accounts = [await account_of(browser.app, each) for each in answers]
    assert len({each["id"] for each in accounts}) == 1


async def test_github_is_asked_with_the_token_of_its_code(
    browser: Browser, issuer: Issuer, database: Database
) -> None:
    browser.provider = ProviderName.GITHUB

    account = await account_of(browser.app, await browser.sign_in())

    assert account["email"] == "ada@example.com"
    async with database.engine.connect() as connection:
        subject = await connection.scalar(text("SELECT subject FROM linked_identities"))
    assert subject == "4711"


async def test_registration_that_is_closed_stays_closed(
    settings: Settings, issuer: Issuer, browser: Browser
) -> None:
    security = settings.security.model_copy(update={"registration_enabled": False})
    settings = with_issuer(settings.model_copy(update={"security": security}), issuer)
    async with running_app(settings) as client:
        refused = await Browser(client).sign_in()

    assert refused.status_code == 403


async def test_somebody_without_an_address_is_told_so(browser: Browser, issuer: Issuer) -> None:
    issuer.be("ada", email=None)

    refused = await browser.sign_in()

    assert refused.status_code == 409
    assert "no e-mail address" in refused.json()["detail"]


async def test_a_new_address_that_nobody_has_verified_is_not_taken_for_verified(
    browser: Browser, issuer: Issuer
) -> None:
    issuer.be("ada", email_verified=False)

    account = await account_of(browser.app, await browser.sign_in())

    assert account["email_verified_at"] is None


async def test_an_account_is_linked_where_both_sides_have_verified_the_address(
    browser: Browser, ada: MakeAda
) -> None:
    person = await ada()

    account = await account_of(browser.app, await browser.sign_in())

    assert account["id"] == str(person.user.id)


async def test_what_was_planted_in_a_linked_account_ends(browser: Browser, ada: MakeAda) -> None:
    """Somebody opened it for the address of its owner, and waited until they verified that."""
    planter = await ada()
    key = (await planter.post("/api-keys", json={"name": "Planted"})).json()["key"]
    device = Authenticator()
    await register(planter, device)
    form = {"username": "ada@example.com", "password": PASSWORD}
    assert (await browser.app.post("/api/v1/auth/token", data=form)).status_code == 200

    await account_of(browser.app, await browser.sign_in())

    assert (await planter.get("/users/me")).status_code == 401
    assert (await sign_in(browser.app, device)).status_code == 401
    assert (await replace(planter, token=key).get("/users/me")).status_code == 401
    assert (await browser.app.post("/api/v1/auth/token", data=form)).status_code == 401


@pytest.mark.parametrize(("here", "there"), [(False, True), (True, False), (False, False)])
async def test_an_address_that_one_side_has_not_verified_links_nothing(
    browser: Browser, issuer: Issuer, ada: MakeAda, here: bool, there: bool
) -> None:
    person = await ada(email_verified_at=now() if here else None)
    issuer.be("ada", email_verified=there)

    refused = await browser.sign_in()

    assert refused.status_code == 409
    assert (await person.get("/auth/identities")).json()["items"] == []
    assert (await person.get("/users/me")).status_code == 200


async def test_a_second_factor_is_asked_for_all_the_same(
    browser: Browser, ada: MakeAda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_factor_check, "now", lambda: AT)
    protected = await protect(await ada())

    refused = await browser.sign_in()

    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (401, "/problems/second-factor-needed")
    body = {"challenge": problem["challenge"], "code": protected.recovery_codes[0]}
    answered = await browser.app.post("/api/v1/auth/second-factor/answer", json=body)
    assert answered.status_code == 200


async def test_a_deactivated_account_stays_closed(browser: Browser, database: Database) -> None:
    await browser.sign_in()
    await execute(database, "UPDATE users SET is_active = false")

    assert (await Browser(browser.app).sign_in()).status_code == 401
