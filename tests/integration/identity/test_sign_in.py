import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from statistics import median

import httpx2
import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.core.database import Database
from backend.core.passwords import PasswordHasher
from backend.core.scopes import SYSTEM
from backend.main import create_app
from backend.models.identity.sessions import SessionQuery
from backend.models.identity.sign_in_failures import SignInFailure
from backend.models.identity.users import User
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.identity.sign_in_attempts import SignInAttempt
from tests.factories import PASSWORD, make_user
from tests.fixtures.application import client_of, make_settings, running_app
from tests.fixtures.passwords import HeldPasswords


@pytest.fixture
async def user(uow: UnitOfWorkFactory) -> User:
    user = make_user(email="ada@example.com")
    async with uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.commit()
    return user


async def sign_in(
    client: httpx2.AsyncClient, username: str = "ada@example.com", password: str = PASSWORD
) -> httpx2.Response:
    form = {"username": username, "password": password}
    return await client.post("/api/v1/auth/token", data=form)


async def test_the_right_password_gives_tokens(client: httpx2.AsyncClient, user: User) -> None:
    answer = await sign_in(client)

    assert answer.status_code == 200
    tokens = answer.json()
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = await client.get("/api/v1/users/me", headers=headers)
    assert me.json()["email"] == "ada@example.com"


async def test_the_address_may_be_typed_in_any_case(client: httpx2.AsyncClient, user: User) -> None:
    assert (await sign_in(client, " Ada@Example.com ")).status_code == 200


@pytest.mark.parametrize("password", ["wrong", " ", PASSWORD + " "])
async def test_a_wrong_password_is_refused(
    client: httpx2.AsyncClient, user: User, password: str
) -> None:
    answer = await sign_in(client, password=password)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_unknown_address_gets_the_same_answer_as_a_wrong_password(
    client: httpx2.AsyncClient, user: User
) -> None:
    unknown = (await sign_in(client, "nobody@example.com")).json()
    wrong = (await sign_in(client, password="wrong")).json()

    del unknown["request_id"], wrong["request_id"]
    assert unknown == wrong


@pytest.fixture
async def slow_user(uow: UnitOfWorkFactory, strong_passwords: None) -> User:
    """One whose password was hashed as in use."""
    user = make_user(email="ada@example.com", password_hash=await PasswordHasher().hash(PASSWORD))
    async with uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.commit()
    return user


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    client: httpx2.AsyncClient, slow_user: User
) -> None:
    async def seconds(username: str) -> float:
        started = time.perf_counter()
        await sign_in(client, username, "wrong")
        return time.perf_counter() - started

    await seconds("warmup@example.com")
    unknown = [await seconds(f"nobody{number}@example.com") for number in range(3)]
    known = [await seconds("ada@example.com") for _ in range(3)]
    assert 0.5 < median(unknown) / median(known) < 2


async def test_a_deactivated_user_can_not_sign_in(
    client: httpx2.AsyncClient, uow: UnitOfWorkFactory
) -> None:
    async with uow(SYSTEM) as unit:
        await unit.users.save(make_user(email="gone@example.com", is_active=False))
        await unit.commit()

    assert (await sign_in(client, "gone@example.com")).status_code == 401


async def test_an_account_that_is_deactivated_while_the_password_is_checked_gets_no_session(
    client: httpx2.AsyncClient, user: User, uow: UnitOfWorkFactory, held_passwords: HeldPasswords
) -> None:
    held_passwords.hold()
    signing_in = asyncio.create_task(sign_in(client))
    await held_passwords.begun.wait()
    async with uow(SYSTEM) as unit:
        kept = await unit.users.get(user.id)
        kept.is_active = False
        await unit.users.save(kept)
        await unit.commit()
    held_passwords.go_on.set()

    assert (await signing_in).status_code == 401
    async with uow.reading(SYSTEM) as reading:
        assert not (await reading.sessions.page_live(user.id, SessionQuery())).items


async def test_two_sign_ins_at_once_do_not_wait_for_each_other(
    client: httpx2.AsyncClient, user: User, database: Database
) -> None:
    held = text("SELECT FROM users WHERE id = :id FOR SHARE")
    async with database.engine.execution_options(isolation_level="READ COMMITTED").begin() as other:
        await other.execute(held, {"id": user.id})
        answer = await sign_in(client)

    assert answer.status_code == 200


async def test_the_right_password_does_not_wait_for_a_failure_that_is_being_stored(
    client: httpx2.AsyncClient, user: User, uow: UnitOfWorkFactory
) -> None:
    attempt = SignInAttempt.of(user.email, "127.0.0.1")
    async with uow(SYSTEM) as failing:
        await failing.sign_ins.lock(*attempt)
        answer = await sign_in(client)

    assert answer.status_code == 200


async def test_the_form_of_other_oauth_clients_is_accepted(
    client: httpx2.AsyncClient, user: User
) -> None:
    form = {"username": user.email, "password": PASSWORD, "grant_type": "password", "scope": "a"}

    assert (await client.post("/api/v1/auth/token", data=form)).status_code == 200


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


async def test_beyond_the_limit_not_even_the_right_password_helps(
    strict: httpx2.AsyncClient, user: User
) -> None:
    failures = [(await sign_in(strict, password="wrong")).status_code for _ in range(3)]
    assert failures == [401] * 2 + [429]

    refused = await sign_in(strict)
    assert refused.status_code == 429
    assert refused.json()["type"] == "/problems/rate-limited"
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60


async def test_the_limit_holds_for_accounts_that_do_not_exist(strict: httpx2.AsyncClient) -> None:
    answers = [(await sign_in(strict, "nobody@example.com")).status_code for _ in range(3)]

    assert answers == [401] * 2 + [429]


async def test_guesses_at_once_are_counted_exactly(strict: httpx2.AsyncClient, user: User) -> None:
    answers = await asyncio.gather(*(sign_in(strict, password="wrong") for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [401] * 2 + [429] * 2


async def test_the_failures_from_an_address_are_limited(strict: httpx2.AsyncClient) -> None:
    answers = [
        (await sign_in(strict, f"nobody{number}@example.com")).status_code for number in range(4)
    ]

    assert answers == [401] * 3 + [429]


async def test_another_address_is_not_affected(worker_database_url: str, user: User) -> None:
    limits = {"sign_in_failures_per_address": 1}
    app = create_app(make_settings(worker_database_url, security=limits))
    async with (
        app.router.lifespan_context(app),
        client_of(app) as client,
        client_of(app, "192.0.2.1") as other,
    ):
        await sign_in(client, "nobody@example.com")

        assert (await sign_in(client)).status_code == 429
        assert (await sign_in(other)).status_code == 200


async def test_an_address_may_be_written_in_another_way(
    client: httpx2.AsyncClient, database: Database
) -> None:
    typed = "Joe@xn--bcher-kva.example"
    account = {"email": typed, "full_name": "Joe", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/register", json=account)).status_code == 201

    assert (await sign_in(client, typed)).status_code == 200
    assert (await sign_in(client, "joe@bücher.example")).status_code == 200


async def test_another_account_is_not_affected(strict: httpx2.AsyncClient, user: User) -> None:
    for _ in range(2):
        await sign_in(strict, "nobody@example.com")

    assert (await sign_in(strict)).status_code == 200


async def test_old_failures_do_not_count_and_are_forgotten(
    strict: httpx2.AsyncClient, user: User, database: Database
) -> None:
    for _ in range(2):
        await sign_in(strict, password="wrong")
    async with database.writing_session() as session:
        for failure in (await session.exec(select(SignInFailure))).all():
            failure.failed_at = now() - timedelta(minutes=16)
        await session.commit()

    assert (await sign_in(strict, password="wrong")).status_code == 401
    async with database.reading_session() as session:
        assert len((await session.exec(select(SignInFailure))).all()) == 1


async def test_what_was_typed_is_not_kept_in_clear(
    client: httpx2.AsyncClient, database: Database
) -> None:
    await sign_in(client, "my secret password", "oops")

    async with database.reading_session() as session:
        kept = (await session.exec(select(SignInFailure))).one()
    assert "secret" not in kept.account_hash


@pytest.mark.parametrize(
    "form",
    [
        {"username": "ada@example.com"},
        {"password": PASSWORD},
        {"username": "ada@example.com", "password": ""},
        {"username": "a\x00b", "password": PASSWORD},
        {"username": "x" * 300, "password": PASSWORD},
        {"username": "ada@example.com", "password": "x" * 300},
        {"username": "ada@example.com", "password": PASSWORD, "grant_type": "client_credentials"},
    ],
)
async def test_a_form_that_does_not_fit_names_the_field(
    client: httpx2.AsyncClient, form: dict[str, str]
) -> None:
    answer = await client.post("/api/v1/auth/token", data=form)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["loc"][0] == "body"
    assert PASSWORD not in answer.text
