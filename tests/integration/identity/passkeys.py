"""How somebody gets passkeys and signs in with them, through the API."""

from dataclasses import replace
from typing import Any

import httpx2

from tests.factories import PASSWORD
from tests.fixtures.authenticator import Authenticator, Json
from tests.fixtures.people import Person

PASSKEYS = "/auth/passkeys"


async def begin(person: Person, **proof: Any) -> Json:
    """What a passkey is made with."""
    begun = await person.post(f"{PASSKEYS}/begin", json=proof or {"password": PASSWORD})
    assert begun.status_code == 200, begun.text
    options: Json = begun.json()["public_key"]
    return options


async def finish(person: Person, passkey: Json, name: str = "A phone") -> httpx2.Response:
    return await person.post(PASSKEYS, json={"name": name, "passkey": passkey})


async def register(person: Person, device: Authenticator, **proof: Any) -> Json:
    """Make a passkey; answers it as the API shows it."""
    made = await finish(person, device.create(await begin(person, **proof)))
    assert made.status_code == 200, made.text
    passkey: Json = made.json()
    return passkey


async def ask(app: httpx2.AsyncClient) -> Json:
    """What a passkey signs."""
    asked = await app.post(f"/api/v1{PASSKEYS}/options")
    assert asked.status_code == 200, asked.text
    options: Json = asked.json()["public_key"]
    return options


async def hand_in(app: httpx2.AsyncClient, passkey: Json) -> httpx2.Response:
    return await app.post(f"/api/v1{PASSKEYS}/sign-in", json={"passkey": passkey})


async def sign_in(app: httpx2.AsyncClient, device: Authenticator) -> httpx2.Response:
    return await hand_in(app, device.get(await ask(app)))


async def signed_in(person: Person, device: Authenticator) -> Person:
    """The person in a session that their passkey has opened."""
    opened = await sign_in(person.client, device)
    assert opened.status_code == 200, opened.text
    return replace(person, token=opened.json()["access_token"])


def error_of(refused: httpx2.Response) -> Json:
    assert refused.status_code == 422, refused.text
    [error] = refused.json()["errors"]
    found: Json = error
    return found
