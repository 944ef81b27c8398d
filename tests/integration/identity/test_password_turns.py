"""Passwords are hashed in turn, and only where nothing else refuses the request."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from sqlmodel import select

from backend.core.database import Database
from backend.core.fair_queue import FairQueue
from backend.core.passwords import Comparison, PasswordHasher, PasswordTurn
from backend.core.scopes import SYSTEM
from backend.main import create_app
from backend.models.identity.sign_in_failures import SignInFailure
from backend.models.identity.users import User
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import PASSWORD, make_user
from tests.fixtures.application import client_of, make_settings, running_app
from tests.fixtures.passwords import AT_ONCE
from tests.fixtures.people import Person
from tests.integration.identity.test_sign_in import sign_in


@pytest.fixture(scope="module")
async def strict_client(worker_database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application that allows two failures an account, three an address."""
    limits = {"sign_in_failures_per_account": 2, "sign_in_failures_per_address": 3}
    async with running_app(make_settings(worker_database_url, security=limits)) as client:
        yield client


@pytest.fixture
def strict(strict_client: httpx2.AsyncClient, database: Database) -> httpx2.AsyncClient:
    """The same, while nobody has failed."""
    return strict_client


@pytest.fixture
async def user(uow: UnitOfWorkFactory) -> User:
    user = make_user(email="ada@example.com")
    async with uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.commit()
    return user


async def register(client: httpx2.AsyncClient, password: str) -> httpx2.Response:
    account = {"email": "joe@example.com", "full_name": "Joe", "password": password}
    return await client.post("/api/v1/auth/register", json=account)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were hashed or compared with a hash."""
    passwords: list[str] = []
    compare, make = PasswordTurn.compare, PasswordTurn.hash

    async def note_compare(turn: PasswordTurn, password: str, known: str | None) -> Comparison:
        passwords.append(password)
        return await compare(turn, password, known)

    async def note_hash(turn: PasswordTurn, password: str) -> str:
        passwords.append(password)
        return await make(turn, password)

    monkeypatch.setattr(PasswordTurn, "compare", note_compare)
    monkeypatch.setattr(PasswordTurn, "hash", note_hash)
    return passwords


async def test_of_guesses_at_once_few_more_are_hashed_than_are_allowed(
    strict: httpx2.AsyncClient, hashed: list[str], strong_passwords: None
) -> None:
    guesses = (sign_in(strict, f"nobody{number}@example.com", "wrong") for number in range(30))

    answers = await asyncio.gather(*guesses)

    assert sorted({answer.status_code for answer in answers}) == [401, 429]
    # Those that have their turns at the same time do not know of each other yet.
    assert 3 <= len(hashed) < 3 + AT_ONCE


async def test_guesses_at_once_keep_nobody_else_from_signing_in(
    worker_database_url: str, user: User, hashed: list[str]
) -> None:
    app = create_app(make_settings(worker_database_url))
    async with (
        app.router.lifespan_context(app),
        client_of(app, "192.0.2.7") as guesser,
        client_of(app) as client,
    ):
        guesses = [
            asyncio.ensure_future(sign_in(guesser, f"nobody{number}@example.com", "wrong"))
            for number in range(40)
        ]
        while len(hashed) < 5:  # noqa: ASYNC110  # it is a list
            await asyncio.sleep(0.005)

        assert (await sign_in(client)).status_code == 200

        # It had its turn after those that were just at work, not after all that had come before.
        assert hashed.index(PASSWORD) < 5 + 4 * AT_ONCE
        await asyncio.gather(*guesses)


async def test_failures_of_before_the_clock_went_back_lock_nobody_out(
    strict: httpx2.AsyncClient, user: User, database: Database
) -> None:
    for _ in range(2):
        assert (await sign_in(strict, password="wrong")).status_code == 401
    async with database.writing_session() as session:
        for failure in (await session.exec(select(SignInFailure))).all():
            failure.failed_at = now() + timedelta(days=1)
        await session.commit()

    assert (await sign_in(strict)).status_code == 200


async def test_a_limited_registration_hashes_nothing(
    worker_database_url: str, database: Database, hashed: list[str]
) -> None:
    limits = {"mail_requests_per_account": 1}
    async with running_app(make_settings(worker_database_url, security=limits)) as client:
        ask = {"email": "joe@example.com"}
        assert (await client.post("/api/v1/auth/password-reset", json=ask)).status_code == 202

        assert (await register(client, PASSWORD)).status_code == 429

    assert hashed == []


async def test_a_registration_with_a_taken_address_hashes_nothing(
    client: httpx2.AsyncClient, hashed: list[str]
) -> None:
    assert (await register(client, PASSWORD)).status_code == 201

    assert (await register(client, PASSWORD)).status_code == 409
    assert hashed == [PASSWORD]


@pytest.mark.parametrize("path", ["password-reset/confirm", "accept-invitation"])
async def test_a_token_that_is_good_for_nothing_hashes_nothing(
    client: httpx2.AsyncClient, hashed: list[str], path: str
) -> None:
    body = {"token": "no token", "password": PASSWORD, "full_name": "Joe"}
    if path.startswith("password-reset"):
        body = {"token": "no token", "new_password": PASSWORD}

    assert (await client.post(f"/api/v1/auth/{path}", json=body)).status_code == 422
    assert hashed == []


async def test_a_limited_change_of_the_password_hashes_nothing(
    strict: httpx2.AsyncClient, member: Person, hashed: list[str]
) -> None:
    for _ in range(2):
        assert (await sign_in(strict, member.user.email, "wrong")).status_code == 401
    hashed.clear()

    change = {"current_password": PASSWORD, "new_password": "another one, also good"}
    headers = {"Authorization": f"Bearer {member.token}"}
    answer = await strict.post("/api/v1/auth/password", json=change, headers=headers)

    assert answer.status_code == 429
    assert hashed == []


async def test_who_asks_for_far_too_much_at_once_is_told_when_to_come_again(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for max_per_client, status in ((0, 429), (9, 503)):
        full = FairQueue(0, max_per_client, 0)
        monkeypatch.setattr(PasswordHasher, "turn", lambda _, client, full=full: full.turn(client))

        refused = await sign_in(client)

        assert refused.status_code == status
        assert int(refused.headers["Retry-After"]) > 0
