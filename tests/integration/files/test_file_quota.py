"""How much one person may have uploaded, exactly, however much comes at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from tests.fixtures.application import empty, make_settings, running_app
from tests.fixtures.people import Person
from tests.integration.files.test_files import attempt, make_subject, stored, upload

FILES, BYTES = 3, 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
async def client_with_quota(
    worker_database_url: str, folder: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    files = {"url": folder.as_uri(), "count_per_person": FILES, "bytes_per_person": BYTES}
    async with running_app(make_settings(worker_database_url, files=files)) as client:
        yield client


@pytest.fixture
def limited(member: Person, client_with_quota: httpx2.AsyncClient, folder: Path) -> Person:
    """The member, before an application with a quota that keeps files in `folder`, still empty."""
    empty(folder)
    return replace(member, client=client_with_quota)


async def test_who_has_as_many_files_as_allowed_is_told_what_to_do(limited: Person) -> None:
    for _ in range(FILES):
        await upload(limited)

    answer = await attempt(limited)

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/quota-reached"
    assert "You have 3 files and may have 3: delete one" in answer.json()["detail"]


async def test_what_is_larger_than_what_is_left_is_refused(limited: Person, folder: Path) -> None:
    first = await upload(limited, b"x" * 60)

    answer = await attempt(limited, b"x" * 41)

    assert answer.status_code == 409
    assert "41 bytes, and 40 of your 100 are left" in answer.json()["detail"]
    assert stored(folder).keys() == {first["id"]}
    assert (await attempt(limited, b"x" * 40)).status_code == 201


async def test_who_deletes_a_file_has_room_again(limited: Person) -> None:
    full = await upload(limited, b"x" * BYTES)
    assert (await attempt(limited, b"x")).status_code == 409

    await limited.delete(f"/files/{full['id']}")

    assert (await attempt(limited, b"x")).status_code == 201


async def test_what_a_person_gives_to_the_team_counts_as_well(limited: Person) -> None:
    await upload(limited, b"x" * BYTES, subject=await make_subject(limited, "task_id"))

    assert (await attempt(limited, b"x")).status_code == 409


async def test_nobody_elses_files_count(limited: Person, manager: Person) -> None:
    other = replace(manager, client=limited.client)
    await upload(other, b"x" * BYTES)

    assert (await attempt(limited, b"x" * BYTES)).status_code == 201


async def test_of_many_uploads_at_once_as_many_succeed_as_there_is_room(
    limited: Person, folder: Path
) -> None:
    answers = await asyncio.gather(*(attempt(limited, b"x" * 10) for _ in range(12)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * FILES + [409] * (12 - FILES)
    kept = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert stored(folder).keys() == kept


async def test_an_upload_that_is_sent_again_takes_no_more_room(limited: Person) -> None:
    key = {"Idempotency-Key": "the-last-one"}
    first = await attempt(limited, b"x" * BYTES, headers=key)

    again = await attempt(limited, b"x" * BYTES, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()


async def test_without_a_quota_there_is_none(member: Person) -> None:
    answers = [await attempt(member, b"x" * 200) for _ in range(FILES + 1)]

    assert {answer.status_code for answer in answers} == {201}
