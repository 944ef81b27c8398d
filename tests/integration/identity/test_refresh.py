import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.identity.sessions import RefreshToken, UserSession
from backend.models.identity.users import User
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import PASSWORD, make_user
from tests.fixtures.application import make_settings, running_app


@pytest.fixture
async def user(uow: UnitOfWorkFactory) -> User:
    user = make_user(email="ada@example.com")
    async with uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.commit()
    return user


@pytest.fixture
async def tokens(client: httpx2.AsyncClient, user: User) -> dict[str, Any]:
    form = {"username": user.email, "password": PASSWORD}
    answer: dict[str, Any] = (await client.post("/api/v1/auth/token", data=form)).json()
    return answer


async def refresh(
    client: httpx2.AsyncClient, token: str, device: str = "One browser"
) -> httpx2.Response:
    body = {"refresh_token": token}
    return await client.post("/api/v1/auth/refresh", json=body, headers={"User-Agent": device})


async def refreshed(client: httpx2.AsyncClient, token: str) -> dict[str, Any]:
    answer = await refresh(client, token)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


async def pass_time(database: Database, seconds: float) -> None:
    """What was exchanged was so much earlier. Negative, as a clock that has gone back has it."""
    length = timedelta(seconds=seconds)
    async with database.writing_session() as session:
        for token in (await session.exec(select(RefreshToken))).all():
            token.used_at = token.used_at and token.used_at - length
        for family in (await session.exec(select(UserSession))).all():
            family.last_used_at -= length
        await session.commit()


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


@pytest.mark.parametrize("seconds", [11, -5])
async def test_a_replay_ends_the_family_the_newest_tokens_too(
    client: httpx2.AsyncClient, tokens: dict[str, Any], database: Database, seconds: int
) -> None:
    newest = await refreshed(client, tokens["refresh_token"])
    await pass_time(database, seconds)

    replay = await refresh(client, tokens["refresh_token"])

    assert replay.status_code == 401
    assert (await refresh(client, newest["refresh_token"])).status_code == 401
    assert await status_with(client, newest["access_token"]) == 401


async def test_a_replay_is_recorded_once_however_often_it_is_tried(
    client: httpx2.AsyncClient, tokens: dict[str, Any], database: Database
) -> None:
    """A client that tries for ever, or whoever has an old token, does not fill the audit trail."""
    await refreshed(client, tokens["refresh_token"])
    await pass_time(database, 11)

    replays = [await refresh(client, tokens["refresh_token"]) for _ in range(3)]

    assert [each.status_code for each in replays] == [401] * 3
    recorded = text("SELECT count(*) FROM events WHERE type = 'session.refresh_replayed'")
    async with database.engine.connect() as connection:
        assert await connection.scalar(recorded) == 1


async def test_a_replay_leaves_other_sessions_alone(
    client: httpx2.AsyncClient, tokens: dict[str, Any], user: User, database: Database
) -> None:
    form = {"username": user.email, "password": PASSWORD}
    other = (await client.post("/api/v1/auth/token", data=form)).json()
    await refresh(client, tokens["refresh_token"])
    await pass_time(database, 11)
    assert (await refresh(client, tokens["refresh_token"])).status_code == 401

    assert (await refresh(client, other["refresh_token"])).status_code == 200


async def test_two_tabs_at_once_get_tokens_each_and_the_session_goes_on(
    client: httpx2.AsyncClient, tokens: dict[str, Any]
) -> None:
    answers = await asyncio.gather(*(refresh(client, tokens["refresh_token"]) for _ in range(5)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 5
    for answer in answers:
        assert await status_with(client, answer.json()["access_token"]) == 200


async def test_whoever_has_lost_the_answer_asks_again(
    client: httpx2.AsyncClient, tokens: dict[str, Any], database: Database
) -> None:
    lost = await refreshed(client, tokens["refresh_token"])
    got = await refreshed(client, tokens["refresh_token"])
    await pass_time(database, 600)

    newest = await refreshed(client, got["refresh_token"])
    await pass_time(database, 600)

    await refreshed(client, newest["refresh_token"])
    # Whoever comes with the one that nobody has got, after all this time, has stolen it.
    assert (await refresh(client, lost["refresh_token"])).status_code == 401
    assert await status_with(client, newest["access_token"]) == 401


async def test_both_successors_may_be_used_if_they_are_at_about_the_same_time(
    client: httpx2.AsyncClient, tokens: dict[str, Any], database: Database
) -> None:
    """Two tabs that do not share what they keep."""
    one, other = [await refreshed(client, tokens["refresh_token"]) for _ in range(2)]
    for _ in range(3):
        await pass_time(database, 600)
        both = (refreshed(client, each["refresh_token"]) for each in (one, other))
        one, other = await asyncio.gather(*both)

    await pass_time(database, 600)
    await refreshed(client, other["refresh_token"])
    await pass_time(database, 11)
    assert (await refresh(client, one["refresh_token"])).status_code == 401


async def test_the_predecessor_of_a_used_token_is_a_replay_at_once(
    client: httpx2.AsyncClient, tokens: dict[str, Any]
) -> None:
    child = await refreshed(client, tokens["refresh_token"])
    await refreshed(client, child["refresh_token"])

    assert (await refresh(client, tokens["refresh_token"])).status_code == 401
    assert await status_with(client, child["access_token"]) == 401


async def test_another_device_has_no_leeway(
    client: httpx2.AsyncClient, tokens: dict[str, Any]
) -> None:
    newest = await refreshed(client, tokens["refresh_token"])

    assert (await refresh(client, tokens["refresh_token"], "Another one")).status_code == 401
    assert await status_with(client, newest["access_token"]) == 401


async def test_using_a_token_again_does_not_make_its_moment_longer(
    client: httpx2.AsyncClient, tokens: dict[str, Any], database: Database
) -> None:
    await refreshed(client, tokens["refresh_token"])
    await pass_time(database, 6)
    await refreshed(client, tokens["refresh_token"])
    await pass_time(database, 6)

    assert (await refresh(client, tokens["refresh_token"])).status_code == 401


async def test_nobody_has_a_leeway_in_a_session_that_has_ended(
    client: httpx2.AsyncClient, tokens: dict[str, Any]
) -> None:
    newest = await refreshed(client, tokens["refresh_token"])
    headers = {"Authorization": f"Bearer {newest['access_token']}"}
    await client.post("/api/v1/auth/logout", headers=headers)

    assert (await refresh(client, tokens["refresh_token"])).status_code == 401


async def test_there_need_not_be_a_leeway(worker_database_url: str, user: User) -> None:
    settings = make_settings(worker_database_url, security={"refresh_leeway_seconds": 0})
    async with running_app(settings) as client:
        form = {"username": user.email, "password": PASSWORD}
        tokens = (await client.post("/api/v1/auth/token", data=form)).json()
        newest = await refreshed(client, tokens["refresh_token"])

        assert (await refresh(client, tokens["refresh_token"])).status_code == 401
        assert await status_with(client, newest["access_token"]) == 401


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
    async with uow(SYSTEM) as unit:
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
