"""A guest has their own things, and nothing of the team reaches them."""

from uuid import UUID

import pytest

from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.models.platform.job_requests import Queue
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_customer, make_lead, make_product, make_task
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn
from tests.ids import short_id

WORD = "Zanzibar"


@pytest.fixture
async def team_data(uow: UnitOfWorkFactory, member: Person) -> None:
    """One of each kind, with the same word in it."""
    async with uow(SYSTEM) as unit:
        await unit.customers.save(make_customer(name=WORD, owner_id=member.user.id))
        await unit.leads.save(make_lead(name=WORD, owner_id=member.user.id))
        await unit.products.save(make_product(name=WORD))
        await unit.tasks.save(make_task(title=WORD))
        await unit.commit()


@pytest.mark.usefixtures("team_data")
async def test_a_guest_finds_nothing_of_the_team(guest: Person, viewer: Person) -> None:
    answers = [await each.get("/search", params={"q": WORD}) for each in (guest, viewer)]

    seen_by_guest, seen_by_viewer = (answer.text for answer in answers)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "customers" in seen_by_viewer
    assert WORD not in seen_by_guest


@pytest.mark.parametrize(
    "work",
    [
        {"kind": "report", "inputs": {"report": "tasks_by_age"}},
        {"kind": "export", "inputs": {"resource": "customers"}},
    ],
    ids=short_id,
)
async def test_a_guest_has_nobody_count_or_copy_it(guest: Person, work: dict[str, object]) -> None:
    answer = await guest.post("/executions", json=work)

    assert answer.status_code == 403
    assert "guest" in answer.json()["detail"]


async def test_a_guest_has_modules_files_and_chats_of_their_own(guest: Person) -> None:
    module = await guest.post("/modules", json={"title": "Mine"})
    chat = await guest.post("/chats", json={"title": "Mine"})
    file = await guest.post("/files", files={"file": ("mine.txt", b"Mine", "text/plain")})

    assert [answer.status_code for answer in (module, chat, file)] == [201, 201, 201]


async def test_a_guest_attaches_nothing_to_the_team(guest: Person, uow: UnitOfWorkFactory) -> None:
    task = make_task(title=WORD)
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()

    answer = await guest.post(
        "/files",
        files={"file": ("mine.txt", b"Mine", "text/plain")},
        data={"task_id": str(task.id)},
    )

    assert answer.status_code == 403


@pytest.mark.parametrize(("role", "told"), [(Role.GUEST, 0), (Role.VIEWER, 1)], ids=short_id)
async def test_only_who_may_read_the_team_data_is_told_of_it(
    signed_in: SignedIn, admin: Person, jobs: Jobs, role: Role, told: int
) -> None:
    person = await signed_in(role)

    await admin.post("/tasks", json={"title": WORD, "assignee_id": str(person.user.id)})
    await convert_lead_of(person.user.id, admin, jobs)

    notified = (await person.get("/notifications")).json()["items"]
    kinds = [each["kind"] for each in notified]
    assert kinds.count("task_assigned") == kinds.count("lead_converted") == told


async def convert_lead_of(owner: UUID, admin: Person, jobs: Jobs) -> None:
    lead = await admin.post("/leads", json={"name": WORD, "owner_id": str(owner)})
    await admin.post(f"/leads/{lead.json()['id']}/convert")
    await jobs.drain(Queue.EVENTS)
