"""The identities that somebody signs in with."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx2

from backend.core.database import Database
from backend.core.permissions import Role
from backend.models.platform.mixins import now
from tests.factories import PASSWORD
from tests.fixtures.issuer import Issuer
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.sign_in_browser import (
    Browser,
    MakeAda,
    account_of,
    error_of,
)

IDENTITIES = "/auth/identities"


async def link(person: Person, browser: Browser, **body: Any) -> httpx2.Response:
    given = browser.redemption(await browser.code()) | {"password": PASSWORD} | body
    return await person.post(IDENTITIES, json=given)


async def test_an_identity_is_linked_listed_and_unlinked(
    browser: Browser, issuer: Issuer, ada: MakeAda, admin: Person
) -> None:
    person = await ada(email="grace@example.com")

    linked = await link(person, browser)

    assert linked.status_code == 200, linked.text
    [listed] = (await person.get(IDENTITIES)).json()["items"]
    assert listed == linked.json()
    assert (listed["provider"], listed["email"]) == ("oidc", "ada@example.com")
    account = await account_of(browser.app, await Browser(browser.app).sign_in())
    assert account["id"] == str(person.user.id)
    assert (await person.delete(f"{IDENTITIES}/{listed['id']}")).status_code == 204
    assert (await person.get(IDENTITIES)).json()["items"] == []
    events = (await admin.get("/audit", params={"subject_id": listed["id"]})).json()["items"]
    assert [each["type"] for each in events] == [
        "identity.deleted",
        "identity.used",
        "identity.created",
    ]


async def test_linking_takes_the_password(browser: Browser, ada: MakeAda) -> None:
    person = await ada()

    assert error_of(await link(person, browser, password=None))["loc"] == ["body", "password"]
    assert error_of(await link(person, browser, password="wrong"))["loc"] == ["body", "password"]


async def test_linking_takes_a_verified_address(browser: Browser, ada: MakeAda) -> None:
    person = await ada(email_verified_at=None)

    assert (await link(person, browser)).status_code == 409


async def test_one_identity_linked_twice_at_once_is_linked_once(
    browser: Browser, signed_in: SignedIn
) -> None:
    people = [
        replace(await signed_in(email_verified_at=now()), client=browser.app) for _ in range(4)
    ]
    codes = [await browser.code() for _ in people]
    bodies = [browser.redemption(each) | {"password": PASSWORD} for each in codes]

    answers = await asyncio.gather(
        *(person.post(IDENTITIES, json=body) for person, body in zip(people, bodies, strict=True))
    )

    assert Counter(each.status_code for each in answers) == {200: 1, 409: 3}


async def test_a_code_that_no_session_was_opened_with_still_links(
    browser: Browser, issuer: Issuer, ada: MakeAda
) -> None:
    """The frontend is told to sign in and link; the person need not go to the issuer again."""
    person = await ada()
    issuer.be("ada", email_verified=False)
    code = await browser.code()
    assert (await browser.redeem(code)).status_code == 409

    body = browser.redemption(code) | {"password": PASSWORD}

    assert (await person.post(IDENTITIES, json=body)).status_code == 200


async def test_the_last_way_in_cant_be_taken_away(
    browser: Browser, issuer: Issuer, database: Database
) -> None:
    signed = {"Authorization": f"Bearer {(await browser.sign_in()).json()['access_token']}"}
    issuer.be("lovelace")
    second = Browser(browser.app)
    # No password is asked for, as there is none.
    body = second.redemption(await second.code())
    linked = await browser.app.post(f"/api/v1{IDENTITIES}", json=body, headers=signed)
    assert linked.status_code == 200, linked.text
    listed = (await browser.app.get(f"/api/v1{IDENTITIES}", headers=signed)).json()["items"]

    answers = await asyncio.gather(
        *(
            browser.app.delete(f"/api/v1{IDENTITIES}/{each['id']}", headers=signed)
            for each in listed
        )
    )

    assert Counter(each.status_code for each in answers) == {204: 1, 409: 1}


async def test_an_identity_of_somebody_else_is_not_found(
    browser: Browser, ada: MakeAda, signed_in: SignedIn
) -> None:
    linked = (await link(await ada(), browser)).json()
    other = replace(await signed_in(Role.ADMIN), client=browser.app)

    assert (await other.delete(f"{IDENTITIES}/{linked['id']}")).status_code == 404


async def test_without_a_password_changes_that_take_one_say_what_to_do(browser: Browser) -> None:
    signed = {"Authorization": f"Bearer {(await browser.sign_in()).json()['access_token']}"}
    body = {"password": "whatever it is"}

    refused = await browser.app.post("/api/v1/auth/second-factor", json=body, headers=signed)

    assert error_of(refused)["type"] == "no_password"


async def test_an_identity_that_was_planted_ends_too(
    browser: Browser, issuer: Issuer, ada: MakeAda
) -> None:
    planter = await ada()
    issuer.be("eve")
    await link(planter, browser)
    issuer.be("ada")

    owner = await account_of(browser.app, await Browser(browser.app).sign_in())

    issuer.be("eve")
    other = await account_of(browser.app, await Browser(browser.app).sign_in())
    assert owner["id"] == str(planter.user.id) != other["id"]
