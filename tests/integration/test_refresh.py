import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlmodel import select

from backend.core.database import Database
from backend.models.mixins import now
from backend.models.sessions import RefreshToken, UserSession
from backend.models.users import User
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import PASSWORD, make_user


@pytest.fixture
async def user(uow: UnitOfWorkFactory) -> User:
    user = make_user(email="ada@example.com")
    async with uow() as unit:
        await unit.users.save(user)
        await unit.commit()
    return user


@pytest.fixture
async def tokens(client: httpx2.AsyncClient, user: User) -> dict[str, Any]:
    form = {"username": user.email, "password": PASSWORD}
    answer: dict[str, Any] = (await client.post("/api/v1/auth/token", data=form)).json()
    return answer


async def refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})


async def status_with(client: httpx2.AsyncClient, access_token: str) -> int:
    headers = {"Authorization": f"Bearer {access_token}"}
    return (await client.get("/api/v1/users/me", headers=headers)).status_code


async def test_a_refresh_token_is_exchanged_for_new_tokens(
    client: httpx2.AsyncClient, tokens: dict[str, Any]
) -> None:
    answer = await refresh(client, tokens["refresh_token"])

    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != tokens["refresh_token"]
    assert await status_with(client, answer.json()["access_token"]) == 200


async def test_the_session_stays_the_same(
    client: httpx2.AsyncClient, tokens: dict[str, Any], database: Database
) -> None:
    await refresh(client, tokens["refresh_token"])

    async with database.reading_session() as session:
        (kept,) = (await session.exec(select(UserSession))).all()
    assert kept.last_used_at > kept.created_at


async def test_a_replay_ends_the_family_the_newest_tokens_too(
    client: httpx2.AsyncClient, tokens: dict[str, Any]
) -> None:
    newest = (await refresh(client, tokens["refresh_token"])).json()

    replay = await refresh(client, tokens["refresh_token"])

    assert replay.status_code == 401
    assert (await refresh(client, newest["refresh_token"])).status_code == 401
    assert await status_with(client, newest["access_token"]) == 401


async def test_a_replay_leaves_other_sessions_alone(
    client: httpx2.AsyncClient, tokens: dict[str, Any], user: User
) -> None:
    form = {"username": user.email, "password": PASSWORD}
    other = (await client.post("/api/v1/auth/token", data=form)).json()
    await refresh(client, tokens["refresh_token"])
    await refresh(client, tokens["refresh_token"])

    assert (await refresh(client, other["refresh_token"])).status_code == 200


async def test_of_two_refreshes_at_once_one_wins_and_the_family_ends(
    client: httpx2.AsyncClient, tokens: dict[str, Any]
) -> None:
    answers = await asyncio.gather(*(refresh(client, tokens["refresh_token"]) for _ in range(2)))

    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 401)
    assert await status_with(client, won.json()["access_token"]) == 401


async def test_only_hashes_of_refresh_tokens_are_kept(
    tokens: dict[str, Any], database: Database
) -> None:
    async with database.reading_session() as session:
        (kept,) = (await session.exec(select(RefreshToken))).all()
    assert tokens["refresh_token"] not in str(kept)


async def test_an_expired_session_can_not_be_refreshed(
    client: httpx2.AsyncClient, tokens: dict[str, Any], database: Database
) -> None:
    async with database.writing_session() as session:
        (kept,) = (await session.exec(select(UserSession))).all()
        kept.expires_at = now() - timedelta(seconds=1)
        await session.commit()

    assert (await refresh(client, tokens["refresh_token"])).status_code == 401
    assert await status_with(client, tokens["access_token"]) == 401


async def test_a_deactivated_user_can_not_refresh(
    client: httpx2.AsyncClient, tokens: dict[str, Any], user: User, uow: UnitOfWorkFactory
) -> None:
    async with uow() as unit:
        kept = await unit.users.get(user.id)
        kept.is_active = False
        await unit.users.save(kept)
        await unit.commit()

    assert (await refresh(client, tokens["refresh_token"])).status_code == 401
    assert await status_with(client, tokens["access_token"]) == 401


@pytest.mark.parametrize("token", ["", "unknown", "é", "a b"])
async def test_an_unknown_token_is_refused(client: httpx2.AsyncClient, token: str) -> None:
    assert (await refresh(client, token)).status_code == 401


@pytest.mark.parametrize("body", [{}, {"refresh_token": None}, {"refresh_token": "a\x00"}, []])
async def test_a_body_that_does_not_fit_is_named(client: httpx2.AsyncClient, body: Any) -> None:
    answer = await client.post("/api/v1/auth/refresh", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"]
