"""A mail about a new device, with a link that ends what was begun there."""

import asyncio
from collections import Counter
from datetime import datetime
from email.message import EmailMessage

import httpx2
import pytest

from backend.core.scopes import FIRST, SYSTEM
from backend.models.platform.audit_events import EventQuery
from backend.models.platform.job_requests import Queue
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import PASSWORD
from tests.fixtures.application import PUBLIC_URL
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.post import Post
from tests.fixtures.smtp import parts_of, token_in

END = "/api/v1/auth/end-sessions"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
async def ada(signed_in: SignedIn) -> Person:
    return await signed_in(email="ada@example.com")


async def sign_in_elsewhere(ada: Person) -> dict[str, str]:
    """From a device that nobody has seen yet."""
    form = {"username": ada.user.email, "password": PASSWORD}
    headers = {"User-Agent": FIREFOX}
    answer = await ada.client.post("/api/v1/auth/token", data=form, headers=headers)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def mail_about_it(jobs: Jobs, post: Post) -> EmailMessage:
    await jobs.drain(Queue.EVENTS)
    return await post.deliver()


async def status_of(client: httpx2.AsyncClient, headers: dict[str, str]) -> int:
    return (await client.get("/api/v1/users/me", headers=headers)).status_code


async def test_the_mail_names_device_place_and_time(ada: Person, jobs: Jobs, post: Post) -> None:
    await sign_in_elsewhere(ada)

    message = await mail_about_it(jobs, post)

    newest = (await ada.get("/auth/sessions")).json()["items"][0]
    at = datetime.fromisoformat(newest["created_at"])
    said = parts_of(message)["text/plain"]
    assert message["To"] == "ada@example.com"
    assert "Firefox on Linux\nfrom 127.0.0.1\n" in said
    assert f"on {at:%d %B %Y, %H:%M} UTC" in said
    assert f"{PUBLIC_URL}/end-sessions#token={token_in(message)}" in said


async def test_its_link_ends_all_sessions_once(ada: Person, jobs: Jobs, post: Post) -> None:
    elsewhere = await sign_in_elsewhere(ada)
    body = {"token": token_in(await mail_about_it(jobs, post))}

    answers = await asyncio.gather(*(ada.client.post(END, json=body) for _ in range(4)))

    assert Counter(each.status_code for each in answers) == {204: 1, 422: 3}
    assert await status_of(ada.client, elsewhere) == 401
    assert (await ada.get("/users/me")).status_code == 401


async def test_the_session_in_which_it_is_used_stays(ada: Person, jobs: Jobs, post: Post) -> None:
    elsewhere = await sign_in_elsewhere(ada)
    body = {"token": token_in(await mail_about_it(jobs, post))}

    assert (await ada.post("/auth/end-sessions", json=body)).status_code == 204

    assert await status_of(ada.client, elsewhere) == 401
    assert (await ada.get("/users/me")).status_code == 200


async def test_somebody_else_keeps_no_session_of_its_receiver(
    ada: Person, member: Person, jobs: Jobs, post: Post
) -> None:
    elsewhere = await sign_in_elsewhere(ada)
    body = {"token": token_in(await mail_about_it(jobs, post))}

    assert (await member.post("/auth/end-sessions", json=body)).status_code == 204

    assert await status_of(ada.client, elsewhere) == 401
    assert (await ada.get("/users/me")).status_code == 401
    assert (await member.get("/users/me")).status_code == 200


async def test_a_token_of_another_mail_ends_nothing(ada: Person, post: Post) -> None:
    await ada.client.post("/api/v1/auth/password-reset", json={"email": ada.user.email})
    body = {"token": await post.deliver_token()}

    assert (await ada.client.post(END, json=body)).status_code == 422
    assert (await ada.get("/users/me")).status_code == 200


async def test_an_event_that_is_handled_twice_sends_one_mail(
    ada: Person, jobs: Jobs, post: Post, uow: SqlUnitOfWorkFactory
) -> None:
    await sign_in_elsewhere(ada)
    async with uow.reading(SYSTEM) as reading:
        [event] = (await reading.events.page(EventQuery(type=["session.started"]))).items
    for _ in range(3):
        await jobs.services.notifications.notifier.handle(event.happened(), FIRST)

    await mail_about_it(jobs, post)
