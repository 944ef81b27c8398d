"""The same password, typed on systems that write letters in other ways."""

import asyncio
import unicodedata

import httpx2
import pytest

from backend.core.errors import RateLimitedError
from backend.core.passwords import PasswordHasher
from backend.core.scopes import SYSTEM
from backend.models.identity.users import User
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import PASSWORD_HASH, make_user
from tests.fixtures.passwords import QUICK
from tests.fixtures.people import Person
from tests.fixtures.post import Post
from tests.integration.identity.test_sign_in import sign_in

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Äußere Brücke") for form in ("NFC", "NFD"))


async def register(client: httpx2.AsyncClient, password: str) -> httpx2.Response:
    account = {"email": "joe@example.com", "full_name": "Joe", "password": password}
    return await client.post("/api/v1/auth/register", json=account)


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
async def test_a_password_may_be_typed_on_another_system(
    client: httpx2.AsyncClient, chosen: str, typed: str
) -> None:
    assert (await register(client, chosen)).status_code == 201

    assert (await sign_in(client, "joe@example.com", typed)).status_code == 200


@pytest.fixture
async def older_user(uow: UnitOfWorkFactory) -> User:
    """One whose password was hashed before passwords were normalised."""
    hashed = QUICK.hash(DECOMPOSED)
    user = make_user(email="ada@example.com", password_hash=hashed)
    async with uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.commit()
    return user


@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
async def test_a_hash_of_an_older_version_is_replaced_at_the_sign_in(
    client: httpx2.AsyncClient, older_user: User, uow: UnitOfWorkFactory, typed: str
) -> None:
    assert (await sign_in(client, password="wrong")).status_code == 401
    assert (await sign_in(client, password=typed)).status_code == 200

    async with uow.reading(SYSTEM) as reading:
        kept = await reading.users.get(older_user.id)
    assert kept.password_hash != older_user.password_hash
    for again in (COMPOSED, DECOMPOSED):
        assert (await sign_in(client, password=again)).status_code == 200
    async with uow.reading(SYSTEM) as reading:
        assert (await reading.users.get(older_user.id)).password_hash == kept.password_hash


async def test_who_signs_in_twice_at_once_is_signed_in_twice(
    client: httpx2.AsyncClient, older_user: User
) -> None:
    answers = await asyncio.gather(*(sign_in(client, password=DECOMPOSED) for _ in range(3)))

    assert [answer.status_code for answer in answers] == [200] * 3


async def test_a_new_password_that_comes_meanwhile_is_not_replaced(
    client: httpx2.AsyncClient,
    older_user: User,
    uow: UnitOfWorkFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hash_and_change(hasher: PasswordHasher, password: str, client: object = None) -> str:
        async with uow(SYSTEM) as unit:
            kept = await unit.users.get(older_user.id)
            kept.password_hash = PASSWORD_HASH
            await unit.users.save(kept)
            await unit.commit()
        return "too late"

    monkeypatch.setattr(PasswordHasher, "hash", hash_and_change)

    assert (await sign_in(client, password=DECOMPOSED)).status_code == 401
    assert (await sign_in(client)).status_code == 200


async def test_who_has_to_wait_too_long_for_a_better_hash_signs_in_without(
    client: httpx2.AsyncClient, older_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(hasher: PasswordHasher, password: str, client: object = None) -> str:
        raise RateLimitedError("Too many.", 1)

    monkeypatch.setattr(PasswordHasher, "hash", refuse)

    assert (await sign_in(client, password=DECOMPOSED)).status_code == 200


async def test_all_that_sets_or_checks_a_password_takes_it_in_any_form(
    client: httpx2.AsyncClient, post: Post, admin: Person
) -> None:
    account = {"email": "joe@example.com", "full_name": "Joe", "password": DECOMPOSED}
    user = (await admin.post("/users", json=account)).json()
    tokens = (await sign_in(client, "joe@example.com", COMPOSED)).json()

    change = {"current_password": COMPOSED, "new_password": "Größe und Maß"}
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    changed = await client.post("/api/v1/auth/password", json=change, headers=headers)
    assert changed.status_code == 204
    typed = unicodedata.normalize("NFD", change["new_password"])
    assert (await sign_in(client, "joe@example.com", typed)).status_code == 200

    await post.run_jobs()
    await client.post("/api/v1/auth/password-reset", json={"email": user["email"]})
    reset = {"token": await post.deliver_token(), "new_password": DECOMPOSED}
    confirmed = await client.post("/api/v1/auth/password-reset/confirm", json=reset)
    assert confirmed.status_code == 204
    assert (await sign_in(client, "joe@example.com", COMPOSED)).status_code == 200

    await post.run_jobs()
    await admin.post("/invitations", json={"email": "ann@example.com"})
    invited = {"token": await post.deliver_token(), "full_name": "Ann", "password": DECOMPOSED}
    accepted = await client.post("/api/v1/auth/accept-invitation", json=invited)
    assert accepted.status_code == 201
    assert (await sign_in(client, "ann@example.com", COMPOSED)).status_code == 200
