"""Requests at once that change the same rows wait for each other in one order: none is a 503."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable
from random import Random
from uuid import UUID

import httpx2
from sqlalchemy import text

from backend.core.config import SecuritySettings
from backend.core.database import Database
from backend.core.errors import ConflictError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.core.security import AccessTokens
from backend.models.identity.sessions import UserSession
from backend.models.notifications.notifications import (
    NotificationKind,
    NotificationPreference,
    PreferenceInput,
    Preferences,
)
from backend.models.platform.mixins import new_id
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity.sessions import SessionService
from backend.services.identity.users import UserService
from backend.services.notifications.notifications import NotificationService
from tests.factories import make_customer, make_model_config, make_product, make_task
from tests.fixtures.execution_kinds import asking_each_time
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.waiting import waiting

KINDS = [NotificationKind.NEW_DEVICE, NotificationKind.TASK_ASSIGNED]


async def statuses(requests: Iterable[Awaitable[httpx2.Response]]) -> Counter[int]:
    return Counter(answer.status_code for answer in await asyncio.gather(*requests))


def preference(person: Person, kind: NotificationKind) -> NotificationPreference:
    return NotificationPreference(user_id=person.user.id, kind=kind, in_app=True, mail=False)


async def test_preferences_are_written_in_one_order_whatever_that_of_the_request(
    viewer: Person, uow: SqlUnitOfWorkFactory, database: Database
) -> None:
    one, other = (preference(viewer, kind) for kind in sorted(KINDS))
    service = NotificationService(uow)
    turned = Preferences(
        preferences=[
            PreferenceInput(kind=kind, in_app=True, mail=True) for kind in sorted(KINDS)[::-1]
        ]
    )
    async with uow(SYSTEM) as unit:
        await unit.notifications.set_preferences([one])
        async with waiting(service.set_preferences(turned, viewer.principal), database):
            await unit.notifications.set_preferences([other])
            await unit.commit()

    chosen = await service.preferences(viewer.principal)
    assert all(chosen[kind].mail for kind in KINDS)


async def test_defaults_of_models_may_change_at_once(
    admin: Person, uow: SqlUnitOfWorkFactory
) -> None:
    configs = [make_model_config() for _ in range(3)]
    async with uow(SYSTEM) as unit:
        await unit.model_configs.save_many(configs)
        await unit.commit()

    def change(number: int) -> Awaitable[httpx2.Response]:
        path = f"/model-configs/{configs[number % 3].id}"
        return admin.patch(path, json={"is_default": bool(number % 5)})

    def create(number: int) -> Awaitable[httpx2.Response]:
        config = {"name": f"new {number}", "provider": "offline", "model": "x", "is_default": True}
        return admin.post("/model-configs", json=config)

    for turn in range(4):
        requests = [*map(change, range(18)), *map(create, range(4 * turn, 4 * turn + 4))]
        assert set(await statuses(requests)) == {200, 201}

    listed = (await admin.get("/model-configs", params={"limit": 200})).json()["items"]
    assert sum(config["is_default"] for config in listed) == 1


async def test_whoever_changes_roles_holds_no_row_while_waiting_for_others(
    signed_in: SignedIn, uow: SqlUnitOfWorkFactory, database: Database
) -> None:
    person, admin = await signed_in(Role.VIEWER), await signed_in(Role.ADMIN)
    users = UserService(uow, PasswordHasher(), None)
    async with uow(SYSTEM) as unit:
        await unit.users.lock_active_admins()
        await promote_by_hand(database, person)
        async with waiting(users.set_role(admin.user.id, Role.ADMIN, None), database):
            # The oldest of the admins by now: with locks of rows, the other would have it.
            await unit.users.get(person.user.id, for_update=True)
            await unit.commit()


async def promote_by_hand(database: Database, person: Person) -> None:
    async with database.writing_session() as session:
        connection = await session.connection()
        await connection.execute(
            text("UPDATE users SET role = 'admin' WHERE id = :id"), {"id": person.user.id}
        )
        await session.commit()


async def test_tasks_may_be_given_to_people_whose_role_changes(
    admin: Person, manager: Person, signed_in: SignedIn, uow: SqlUnitOfWorkFactory
) -> None:
    random = Random(7)  # noqa: S311  # any will do, the same each time
    people = [await signed_in(Role.ADMIN) for _ in range(3)]
    tasks = [make_task() for _ in range(12)]
    customers = [make_customer(owner_id=admin.user.id) for _ in range(4)]
    async with uow(SYSTEM) as unit:
        await unit.tasks.save_many(tasks)
        await unit.customers.save_many(customers)
        await unit.commit()

    def change(number: int) -> Awaitable[httpx2.Response]:
        if number % 3 == 0:
            path = f"/users/{people[number % 3].user.id}/role"
            return admin.put(path, json={"role": "admin"})
        changes = [
            {
                "task_id": str(task.id),
                "changes": {
                    "assignee_id": str(random.choice(people).user.id),
                    "customer_id": str(random.choice(customers).id),
                },
            }
            for task in random.sample(tasks, 8)
        ]
        return manager.post("/tasks/bulk", json={"changes": changes})

    for _ in range(4):
        assert set(await statuses(map(change, range(18)))) == {200}


async def test_all_sessions_end_in_one_order(
    viewer: Person, uow: SqlUnitOfWorkFactory, database: Database
) -> None:
    first, second = sorted(new_id() for _ in range(2))
    async with uow(SYSTEM) as unit:
        for session_id in (second, first):
            await unit.sessions.save(session_of(viewer, session_id))
        await unit.commit()
    service = SessionService(uow, AccessTokens(SecuritySettings()), asking_each_time(uow))

    async with uow(SYSTEM) as unit:
        await unit.sessions.get(first, for_update=True)
        async with waiting(service.revoke_all(viewer.principal), database):
            await unit.sessions.get(second, for_update=True)
            await unit.commit()


def session_of(person: Person, session_id: UUID) -> UserSession:
    deadline_at = person.session.expires_at
    return UserSession(
        id=session_id, user_id=person.user.id, device=None, address=None, expires_at=deadline_at
    )


async def test_imports_of_the_same_skus_in_another_order_wait_for_each_other(
    uow: SqlUnitOfWorkFactory,
) -> None:
    rows = [make_product(sku=f"SEAT-{number:04}").model_dump() for number in range(500)]

    async def insert(turned: bool) -> None:
        fresh = [row | {"id": make_product().id} for row in rows]
        async with uow(SYSTEM) as unit:
            await unit.products.insert_all(fresh[::-1] if turned else fresh)
            await unit.commit()

    ends = await asyncio.gather(*map(insert, [False, True] * 3), return_exceptions=True)

    refused = [end for end in ends if end is not None]
    assert [type(end) for end in refused] == [ConflictError] * 5
