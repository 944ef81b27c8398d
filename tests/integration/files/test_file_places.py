"""Where a file belongs: by the rights of both places, with versions, and on the record."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.fixtures.people import Person, with_key
from tests.integration.files.test_files import SUBJECTS, make_subject, upload
from tests.integration.operations.test_audit import events

TEAM = ["customer_id", "lead_id", "task_id"]
NOWHERE = dict.fromkeys(SUBJECTS)


def places(file: dict[str, Any]) -> dict[str, Any]:
    return {name: file[name] for name in SUBJECTS}


async def move(person: Person, file: dict[str, Any], **changes: Any) -> httpx2.Response:
    answer: httpx2.Response = await person.patch(f"/files/{file['id']}", json=changes)
    return answer


@pytest.mark.parametrize("field", SUBJECTS)
async def test_a_private_file_is_attached_later(member: Person, field: str) -> None:
    file, place = await upload(member), await make_subject(member, field)

    answer = await move(member, file, **place)

    assert answer.status_code == 200
    assert places(answer.json()) == NOWHERE | place
    assert answer.json() == (await member.get(f"/files/{file['id']}")).json()
    assert (answer.json()["version"], answer.headers["ETag"]) == (2, '"2"')
    assert (await member.get("/files", params=place)).json()["items"] == [answer.json()]


@pytest.mark.parametrize("field", SUBJECTS)
async def test_a_new_place_takes_a_file_out_of_the_one_before(member: Person, field: str) -> None:
    before, after = await make_subject(member, "task_id"), await make_subject(member, field)
    file = await upload(member, subject=before)

    answer = await move(member, file, **after)

    assert places(answer.json()) == NOWHERE | after
    assert (await member.get("/files", params=before)).json()["items"] == (
        [answer.json()] if after == before else []
    )


@pytest.mark.parametrize("field", SUBJECTS)
async def test_a_file_is_taken_off_what_it_is_attached_to(member: Person, field: str) -> None:
    one, other = [await upload(member, subject=await make_subject(member, field)) for _ in "ab"]

    answers = [
        await member.delete(f"/files/{one['id']}/subject"),
        await move(member, other, **{field: None}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [places(answer.json()) for answer in answers] == [NOWHERE, NOWHERE]
    assert (await member.get(f"/files/{one['id']}/content")).content == b"Hello"


async def test_null_for_another_place_changes_nothing(member: Person) -> None:
    file = await upload(member, subject=await make_subject(member, "lead_id"))

    answer = await move(member, file, customer_id=None)

    assert answer.json() == file


async def test_a_file_is_not_moved_to_two_places(member: Person) -> None:
    file = await upload(member)
    two = await make_subject(member, "customer_id") | await make_subject(member, "lead_id")

    answer = await move(member, file, **two)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "lead_id"]
    assert (await member.get(f"/files/{file['id']}")).json() == file


@pytest.mark.parametrize("field", SUBJECTS)
async def test_a_place_that_does_not_exist_is_named(member: Person, field: str) -> None:
    file = await upload(member)

    answer = await move(member, file, **{field: str(uuid4())})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "loc": ["body", field],
            "msg": f"There is no {field.removesuffix('_id')} with this id.",
            "type": "unknown_reference",
        }
    ]


async def test_the_module_of_somebody_else_is_as_unknown(member: Person, manager: Person) -> None:
    file = await upload(member)

    answer = await move(member, file, **await make_subject(manager, "module_id"))

    assert answer.json()["errors"][0]["loc"] == ["body", "module_id"]


async def test_a_viewer_gives_the_team_nothing(viewer: Person, member: Person) -> None:
    file, place = await upload(viewer), await make_subject(member, "task_id")

    answer = await move(viewer, file, **place)

    assert answer.status_code == 403
    assert "files:write" in answer.json()["detail"]
    assert (await viewer.get(f"/files/{file['id']}")).json() == file


async def test_a_viewer_orders_private_files(viewer: Person) -> None:
    file = await upload(viewer)

    assert (await move(viewer, file, **await make_subject(viewer, "module_id"))).status_code == 200
    assert (await viewer.delete(f"/files/{file['id']}/subject")).status_code == 200


@pytest.mark.parametrize("field", TEAM)
async def test_whoever_may_write_moves_the_files_of_the_team(
    member: Person, manager: Person, viewer: Person, field: str
) -> None:
    file = await upload(manager, subject=await make_subject(manager, "task_id"))
    place = await make_subject(member, field)

    assert (await move(viewer, file, **place)).status_code == 403
    answer = await move(member, file, **place)

    assert places(answer.json()) == NOWHERE | place
    assert answer.json()["owner_id"] == str(manager.user.id)


async def test_to_take_somebodys_file_from_the_team_is_to_delete_it_there(
    member: Person, manager: Person, admin: Person
) -> None:
    file = await upload(admin, subject=await make_subject(admin, "task_id"))
    path = f"/files/{file['id']}"

    refused = await member.delete(f"{path}/subject")
    answer = await manager.delete(f"{path}/subject")

    assert (refused.status_code, answer.status_code) == (403, 200)
    assert "files:delete" in refused.json()["detail"]
    # It goes back to who uploaded it.
    assert (await manager.get(path)).status_code == 404
    assert places((await admin.get(path)).json()) == NOWHERE


async def test_no_file_returns_to_a_service_without_its_key(admin: Person, manager: Person) -> None:
    service = await with_key(admin, role="member")
    file = await upload(service, subject=await make_subject(manager, "task_id"))
    path = f"/files/{file['id']}/subject"
    [key] = (await admin.get("/api-keys", params={"service": True})).json()["items"]
    assert (await admin.delete(f"/api-keys/{key['id']}")).status_code == 204

    assert (await manager.delete(path)).status_code == 409


async def test_only_who_uploaded_a_file_puts_it_into_a_module(
    manager: Person, member: Person
) -> None:
    file = await upload(member, subject=await make_subject(member, "task_id"))

    answer = await move(manager, file, **await make_subject(manager, "module_id"))

    assert answer.status_code == 403
    assert (await member.get(f"/files/{file['id']}")).json() == file


async def test_a_private_file_of_somebody_else_is_not_found(
    member: Person, manager: Person
) -> None:
    file, place = await upload(member), await make_subject(manager, "task_id")

    assert (await move(manager, file, **place)).status_code == 404
    assert (await manager.delete(f"/files/{file['id']}/subject")).status_code == 404


async def test_of_two_who_move_a_file_at_once_one_does(member: Person) -> None:
    file = await upload(member)
    targets = [await make_subject(member, "task_id") for _ in range(3)]
    seen = {"If-Match": '"1"'}

    answers = await asyncio.gather(
        *(member.patch(f"/files/{file['id']}", json=place, headers=seen) for place in targets)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert (await member.get(f"/files/{file['id']}")).json() == won


async def test_a_file_gets_another_name_which_is_cleaned(member: Person) -> None:
    file = await upload(member, name="scan0001.txt")

    answer = await move(member, file, name="../Angebot / final.txt")

    assert answer.json()["name"] == "final.txt"
    download = await member.get(f"/files/{file['id']}/content")
    assert "final.txt" in download.headers["Content-Disposition"]


async def test_a_move_is_on_the_record(member: Person, admin: Person) -> None:
    file, place = await upload(member, name="secret.txt"), await make_subject(member, "task_id")

    await move(member, file, **place)
    await move(member, file, **place)

    (event,) = await events(admin, subject_id=file["id"], type="file.updated")
    assert event["actor_id"] == str(member.user.id)
    assert event["changes"] == {
        "task_id": {"before": None, "after": place["task_id"]},
    }


async def test_the_name_that_a_file_had_in_private_stays_private(
    member: Person, admin: Person
) -> None:
    file, place = await upload(member, name="secret.txt"), await make_subject(member, "task_id")

    await move(member, file, name="public.txt", **place)

    (event,) = await events(admin, subject_id=file["id"], type="file.updated")
    assert event["changes"]["name"] == {"before": "(private)", "after": "(private)"}
