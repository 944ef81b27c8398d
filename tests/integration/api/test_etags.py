"""Nobody overwrites what they have not seen, on any route."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy.orm.exc import StaleDataError

from backend.core.errors import ConflictError
from backend.core.scopes import SYSTEM
from backend.models.platform.mixins import now
from backend.models.tasks.checklists import ChecklistItem
from backend.models.tasks.tasks import TaskStatus
from backend.models.workflows.crews import CREW_EXAMPLE
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_prompt_version, make_task, make_workflow_version
from tests.fixtures.application import make_settings, running_app
from tests.fixtures.people import Person
from tests.fixtures.walking import walk
from tests.integration.api.document import OPERATIONS
from tests.world import EXAMPLES, Example, add_needed


class Change(NamedTuple):
    """A request that changes a row, and fields of the row that let it change something."""

    body: Any = None
    before: dict[str, Any] = {}


ITEM = ChecklistItem(text="Ask for the address")
WITH_ITEM = {"checklist": [ITEM]}
ARCHIVED = {"archived_at": now()}
TASK_ID = uuid4()


def plain_changes(example: Example) -> Iterator[tuple[str, Change]]:
    one = example.url_of_one
    if example.change is not None:
        yield f"PATCH {one}", Change(example.change)
    if example.rights.delete is not None:
        yield f"DELETE {one}", Change()
    if example.is_archivable:
        yield f"POST {one}/archive", Change()
        yield f"POST {one}/restore", Change(before=ARCHIVED)
    for action in example.actions:
        yield f"POST {one}/{action}", Change()


# Each operation that takes If-Match, written down a second time: none can be forgotten. Those that
# resources have in common are in world.py.
CHANGES = {name: change for each in EXAMPLES for name, change in plain_changes(each)} | {
    "PATCH /api/v1/users/me": Change({"full_name": "Ada King"}),
    "PUT /api/v1/users/{user_id}/role": Change({"role": "manager"}),
    "POST /api/v1/users/{user_id}/deactivate": Change(),
    "POST /api/v1/users/{user_id}/activate": Change(before={"is_active": False}),
    "POST /api/v1/invitations/{invitation_id}/resend": Change(),
    "POST /api/v1/leads/{lead_id}/convert": Change(),
    "POST /api/v1/webhooks/{webhook_id}/rotate-secret": Change(),
    "POST /api/v1/tasks/{task_id}/complete": Change(),
    "POST /api/v1/tasks/{task_id}/reopen": Change(before={"status": TaskStatus.DONE}),
    "POST /api/v1/tasks/{task_id}/assign": Change({"assignee_id": None}),
    "POST /api/v1/tasks/{task_id}/checklist": Change({"text": "Call her"}),
    "PATCH /api/v1/tasks/{task_id}/checklist/{item_id}": Change({"is_done": True}, WITH_ITEM),
    "DELETE /api/v1/tasks/{task_id}/checklist/{item_id}": Change(before=WITH_ITEM),
    "DELETE /api/v1/files/{file_id}/subject": Change(before={"task_id": TASK_ID}),
    "POST /api/v1/workflows/{workflow_id}/versions": Change(
        {"kind": "crew", "definition": CREW_EXAMPLE}
    ),
    "POST /api/v1/workflows/{workflow_id}/activate": Change({"number": 2}),
    "POST /api/v1/executions/{execution_id}/retry": Change(),
    "POST /api/v1/prompts/{prompt_id}/versions": Change({"template": "Changed"}),
    "POST /api/v1/prompts/{prompt_id}/activate": Change({"number": 2}),
}
# Rows of which there are two versions.
VERSIONED = {"workflows": {"last_number": 2}, "prompts": {"last_number": 2}}
# They have nothing that could change.
WITHOUT_VERSION = {
    "DELETE /api/v1/auth/sessions/{session_id}",
    "DELETE /api/v1/api-keys/{key_id}",
    "DELETE /api/v1/auth/identities/{identity_id}",
    "DELETE /api/v1/impersonations/{impersonation_id}",
    # It is asked for with the password, and can be taken back.
    "DELETE /api/v1/users/me",
    # One person's own: whatever they have chosen last.
    "PUT /api/v1/auth/passkeys/{passkey_id}/name",
    "PUT /api/v1/notifications/preferences",
    "PUT /api/v1/chats/{chat_id}/messages/{message_id}/feedback",
}
# It answers the customer that it has made.
ANSWER_ANOTHER = {"POST /api/v1/leads/{lead_id}/convert"}
# Workers change it, and nobody edits it.
UNVERSIONED = {"GET /api/v1/jobs/{job_id}"}
# Everybody reads another row there, perhaps at the same version.
OWN_READS = {"/api/v1/users/me"}
READS = sorted(
    name.removeprefix("GET ")
    for name in OPERATIONS.keys() - UNVERSIONED
    if re.fullmatch(r"GET /api/v1/[\w-]+/(me|\{\w+\})", name)
)
GARBAGE = ["2", '"', '"2', "W/2", 'w/"2"', '"1" "2"', '"2",', '*, "2"', '"a b"', '"\x01"', '"\x00"']
GARBAGE += ["", " ", ",", '"2"' * 1000]
each_change = pytest.mark.parametrize("operation", CHANGES)
each_patch = pytest.mark.parametrize("operation", [name for name in CHANGES if "PATCH" in name])
patching_a_task = pytest.mark.parametrize("operation", ["PATCH /api/v1/tasks/{task_id}"])
each_read = pytest.mark.parametrize(
    "operation", [f"GET {path}" for path in READS if path not in OWN_READS]
)


class Resource(NamedTuple):
    """A row at version 2, and a request that is about it."""

    person: Person
    method: str
    path: str
    read_path: str
    body: Any

    async def send(self, if_match: str | None = None, **options: Any) -> httpx2.Response:
        request = {"json": self.body, "headers": header("If-Match", if_match)} | options
        return await self.person.request(self.method, self.path, **request)

    async def read(self, if_none_match: str | None = None) -> httpx2.Response:
        return await self.person.get(self.read_path, headers=header("If-None-Match", if_none_match))


def header(name: str, value: str | None) -> dict[str, bytes]:
    return {} if value is None else {name: value.encode("latin-1")}


@pytest.fixture
async def resource(operation: str, admin: Person, uow: UnitOfWorkFactory) -> Resource:
    change = CHANGES.get(operation, Change())
    method, path = operation.split(" ")
    (read_path,) = (read for read in READS if path.startswith(read))
    if read_path.endswith("/me"):
        await admin.patch("/users/me", json={"full_name": "At version 2"})
        ids = {}
    else:
        ids = await add_row(uow, admin, read_path, change.before)
    path, read_path = (each.removeprefix("/api/v1").format(**ids) for each in (path, read_path))
    return Resource(admin, method, path, read_path, change.body)


async def add_row(
    uow: UnitOfWorkFactory, owner: Person, read_path: str, before: dict[str, Any]
) -> dict[str, UUID]:
    """Add a row that the path leads to; answers the ids that belong into paths."""
    path, parameter = read_path.removeprefix("/api/v1/").split("/")
    (example,) = (each for each in EXAMPLES if each.path == path)
    kind = example.repository
    fields = example.owned_by(owner.user) | VERSIONED.get(kind, {}) | before
    row = example.make(version=2, **fields)
    async with uow(SYSTEM) as unit:
        await add_needed(unit, owner.user, path)
        if before.get("task_id") == TASK_ID:
            await unit.tasks.add_missing([make_task(id=TASK_ID)])
        await getattr(unit, kind).add_missing([row])
        if kind == "prompts":
            versions = [make_prompt_version(prompt_id=row.id, number=number) for number in (1, 2)]
            await unit.prompt_versions.add_missing(versions)
        if kind == "workflows":
            made = [
                make_workflow_version(row, number=number, created_by=owner.user.id)
                for number in (1, 2)
            ]
            await unit.workflow_versions.add_missing(made)
        await unit.commit()
    return {parameter.strip("{}"): row.id, "item_id": ITEM.id}


def parameters(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", [])}


def test_every_route_that_takes_if_match_is_tried_here() -> None:
    taking = {name for name, operation in OPERATIONS.items() if "If-Match" in parameters(operation)}

    assert taking == set(CHANGES)


def test_every_route_that_changes_one_row_takes_if_match() -> None:
    methods = ("PATCH", "PUT", "DELETE")
    changing = {name for name in OPERATIONS if name.startswith(methods)}

    assert changing - WITHOUT_VERSION <= set(CHANGES)


def test_every_read_of_one_row_takes_if_none_match() -> None:
    assert {each.url_of_one for each in EXAMPLES} | OWN_READS == set(READS)
    for path in READS:
        taken = "If-None-Match" in parameters(OPERATIONS[f"GET {path}"])
        assert taken == (path not in OWN_READS)


async def test_nobody_is_spared_what_somebody_else_has_read(member: Person, viewer: Person) -> None:
    """A browser that both sign in with would show one the account of the other."""
    first = await member.get("/users/me")

    second = await viewer.get("/users/me", headers={"If-None-Match": first.headers["ETag"]})

    assert second.headers["ETag"] == first.headers["ETag"]
    assert (second.status_code, second.json()["email"]) == (200, viewer.user.email)
    assert second.headers["Cache-Control"] == "no-store"


@each_change
async def test_a_change_of_what_has_changed_since_is_refused(resource: Resource) -> None:
    before = (await resource.read()).json()

    refused = await resource.send('"1"')

    assert refused.status_code == 412
    assert refused.json()["type"] == "/problems/precondition-failed"
    assert refused.headers["ETag"] == '"2"'
    assert (await resource.read()).json() == before


@each_change
async def test_a_change_of_what_has_been_seen_is_made(resource: Resource) -> None:
    answer = await resource.send('"2"')

    read = await resource.read()
    if "version" in read.json():
        assert read.headers["ETag"] == '"3"'
        assert read.json()["version"] == 3
    else:
        assert (answer.status_code, read.status_code) == (204, 404)


@pytest.mark.parametrize("operation", sorted(CHANGES.keys() - ANSWER_ANOTHER))
async def test_a_change_answers_the_next_etag(resource: Resource) -> None:
    answer = await resource.send('"2"')

    assert answer.headers.get("ETag") == (None if answer.status_code == 204 else '"3"')


@each_patch
async def test_an_empty_change_does_not_move_the_version(resource: Resource) -> None:
    answer = await resource.send('"2"', json={})

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'


@walk("operation", {name: name for name in sorted(CHANGES.keys() - {"PATCH /api/v1/users/me"})})
async def test_what_is_not_there_is_not_found_whatever_its_version(
    admin: Person, operation: str
) -> None:
    method, path = operation.split(" /api/v1")
    path = path.format_map(defaultdict(uuid4))

    for if_match in ('"1"', "*"):
        headers = {"If-Match": if_match}
        answer = await admin.request(method, path, json=CHANGES[operation].body, headers=headers)
        assert answer.status_code == 404


@patching_a_task
@pytest.mark.parametrize("if_match", ["*", ' "2" ', '"7", W/"1", "x\xe9","2"', None])
async def test_the_present_version_may_be_one_of_many(
    resource: Resource, if_match: str | None
) -> None:
    assert (await resource.send(if_match)).status_code == 200


CODED = [
    '"2-gzip"',
    '"2--gzip"',
    '"2;gzip"',
    '"2-br"',
    '"2-zstd"',
    '"2:deflate"',
    '"2-GZIP"',
    '"2;gz"',
]


@patching_a_task
@pytest.mark.parametrize("tag", [*CODED, '"1-gzip", "2-gzip"'])
async def test_a_tag_that_a_proxy_has_marked_as_compressed_is_ours(
    resource: Resource, tag: str
) -> None:
    assert (await resource.read(tag)).status_code == 304
    assert (await resource.read(f"W/{tag}")).status_code == 304
    assert (await resource.send(tag)).status_code == 200


@patching_a_task
async def test_a_change_is_seen_behind_such_a_proxy_as_well(resource: Resource) -> None:
    refused = await resource.send('"1-gzip"')

    assert (refused.status_code, refused.headers["ETag"]) == (412, '"2"')
    assert "has changed since" in refused.json()["detail"]


@patching_a_task
@pytest.mark.parametrize(
    ("if_match", "told"),
    [
        ('W/"2"', "without the W/"),
        ('W/"2-gzip"', "without the W/"),
        ('"2-lz4"', "something in between"),
        ('"5f-64b"', "something in between"),
    ],
)
async def test_what_is_no_version_is_not_told_as_a_change(
    resource: Resource, if_match: str, told: str
) -> None:
    refused = await resource.send(if_match)

    assert refused.status_code == 412
    assert told in refused.json()["detail"]
    assert "has changed since" not in refused.json()["detail"]


@patching_a_task
@pytest.mark.parametrize(
    "if_match", ['W/"2"', '"02"', '"2.0"', '"-2"', '""', f'"{2**70}"', '"\xb2"']
)
async def test_any_other_tag_matches_nothing(resource: Resource, if_match: str) -> None:
    assert (await resource.send(if_match)).status_code == 412


@patching_a_task
@pytest.mark.parametrize("garbage", GARBAGE)
async def test_what_is_no_etag_is_named(resource: Resource, garbage: str) -> None:
    refused = await resource.send(garbage)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["header", "If-Match"]
    assert (await resource.read()).headers["ETag"] == '"2"'


@patching_a_task
@pytest.mark.parametrize("garbage", ["2", "", "W/*"])
async def test_what_is_no_etag_is_named_by_a_read(resource: Resource, garbage: str) -> None:
    refused = await resource.read(garbage)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["header", "If-None-Match"]


@each_read
async def test_a_read_of_what_is_known_is_spared(resource: Resource) -> None:
    answer = await resource.read('"2"')

    assert answer.status_code == 304
    assert answer.headers["ETag"] == '"2"'
    assert answer.content == b""


@each_read
async def test_a_read_of_what_is_not_known_is_answered(resource: Resource) -> None:
    answer = await resource.read('"1", W/"3"')

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert answer.json()["version"] == 2


@patching_a_task
@pytest.mark.parametrize("if_none_match", ["*", 'W/"2"', '"1", "2"', 'W/"1",W/"2"'])
async def test_for_a_read_any_form_of_the_tag_will_do(
    resource: Resource, if_none_match: str
) -> None:
    assert (await resource.read(if_none_match)).status_code == 304


async def test_what_is_not_there_is_not_found_whatever_is_known(admin: Person) -> None:
    answer = await admin.get(f"/tasks/{uuid4()}", headers={"If-None-Match": "*"})

    assert answer.status_code == 404


@pytest.fixture(scope="module")
async def strict_client(worker_database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Of an application that demands If-Match."""
    settings = make_settings(worker_database_url, server={"require_if_match": True})
    async with running_app(settings) as client:
        yield client


@each_change
async def test_the_settings_can_demand_a_version(
    resource: Resource, strict_client: httpx2.AsyncClient
) -> None:
    strict = resource._replace(person=replace(resource.person, client=strict_client))
    before = (await strict.read()).json()

    refused = await strict.send()

    assert refused.status_code == 428
    assert refused.json()["type"] == "/problems/precondition-required"
    assert (await strict.read()).json() == before
    assert (await strict.send("*")).status_code < 300


@patching_a_task
async def test_of_many_who_change_the_same_version_one_does(resource: Resource) -> None:
    bodies = [{"description": f"Change {number}"} for number in range(20)]

    answers = await asyncio.gather(*(resource.send('"2"', json=body) for body in bodies))

    (won,) = (answer for answer in answers if answer.status_code == 200)
    assert [answer.status_code for answer in answers if answer is not won] == [412] * 19
    assert (await resource.read()).json() == won.json()


@patching_a_task
async def test_of_many_who_change_or_delete_the_same_version_one_does(resource: Resource) -> None:
    deletion = resource._replace(method="DELETE")

    requests = (each.send('"2"') for each in [resource, deletion] * 10)
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*requests))

    # After a deletion there is nothing that could have another version.
    assert statuses in ([200] + [412] * 19, [204] + [404] * 19)


@patching_a_task
async def test_without_if_match_nobody_is_refused_and_each_gets_a_version(
    resource: Resource,
) -> None:
    bodies = [{"description": f"Change {number}"} for number in range(20)]

    answers = await asyncio.gather(*(resource.send(json=body) for body in bodies))

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["version"] for answer in answers) == list(range(3, 23))


async def test_a_row_that_was_read_without_a_lock_can_not_be_overwritten(
    uow: UnitOfWorkFactory,
) -> None:
    task = make_task()
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()

    async with uow(SYSTEM) as slow:
        stale = await slow.tasks.get(task.id)
        async with uow(SYSTEM) as quick:
            seen = await quick.tasks.get(task.id)
            seen.title = "Quick"
            await quick.tasks.save(seen)
            await quick.commit()
        stale.title = "Slow"
        with pytest.raises(ConflictError, match="at the same time") as refused:
            await slow.tasks.save(stale)

    assert isinstance(refused.value.__cause__, StaleDataError)
    async with uow.reading(SYSTEM) as reading:
        assert (await reading.tasks.get(task.id)).title == "Quick"


async def test_a_row_that_was_read_without_a_lock_can_not_be_deleted(
    uow: UnitOfWorkFactory,
) -> None:
    task = make_task()
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()

    async with uow(SYSTEM) as slow:
        stale = await slow.tasks.get(task.id)
        async with uow(SYSTEM) as quick:
            seen = await quick.tasks.get(task.id)
            seen.title = "Quick"
            await quick.tasks.save(seen)
            await quick.commit()
        with pytest.raises(ConflictError, match="at the same time"):
            await slow.tasks.delete(stale)
