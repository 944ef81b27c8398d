"""Nothing of an account is begun in a session that has ended meanwhile."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from backend.core.database import Database
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.core.security import token_hash
from backend.models.identity.provider_sign_ins import ProviderSignIn
from backend.models.platform.mixins import new_id
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.identity.provider_codes import code_challenge
from backend.services.identity.sessions import end_sessions
from tests.factories import PASSWORD
from tests.fixtures.authenticator import Authenticator
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.waiting import waiting
from tests.integration.identity import passkeys

CODE, VERIFIER = "a-code-that-was-handed-over", "v" * 43
Begin = Callable[[Person], Awaitable[httpx2.Response]]
Prepare = Callable[[Person, Person, UnitOfWorkFactory], Awaitable[Begin]]


async def key(_admin: Person, _other: Person, _uow: UnitOfWorkFactory) -> Begin:
    return lambda person: person.post("/api-keys", json={"name": "Planted"})


async def service_key(_admin: Person, _other: Person, _uow: UnitOfWorkFactory) -> Begin:
    return lambda person: person.post("/api-keys", json={"name": "Planted", "role": "admin"})


async def address(_admin: Person, _other: Person, _uow: UnitOfWorkFactory) -> Begin:
    asked = {"email": "thief@example.com", "password": PASSWORD}
    return lambda person: person.post("/auth/email", json=asked)


async def impersonation(_admin: Person, other: Person, _uow: UnitOfWorkFactory) -> Begin:
    path, body = f"/users/{other.user.id}/impersonate", {"reason": "To stay"}
    return lambda person: person.post(path, json=body)


async def passkey(admin: Person, _other: Person, _uow: UnitOfWorkFactory) -> Begin:
    made = Authenticator().create(await passkeys.begin(admin))
    return lambda person: passkeys.finish(person, made)


async def identity(_admin: Person, _other: Person, uow: UnitOfWorkFactory) -> Begin:
    arrived: dict[str, Any] = {"provider": "google", "subject": "1", "email": None}
    async with uow(SYSTEM) as unit:
        await unit.provider_sign_ins.save(
            ProviderSignIn(
                id=new_id(),
                is_email_verified=False,
                full_name=None,
                code_hash=token_hash(CODE),
                code_challenge=code_challenge(VERIFIER),
                **arrived,
            )
        )
        await unit.commit()
    body = {"code": CODE, "code_verifier": VERIFIER, "password": PASSWORD}
    return lambda person: person.post("/auth/identities", json=body)


@pytest.mark.parametrize(
    "prepare",
    [key, service_key, address, impersonation, passkey, identity],
    ids=lambda each: each.__name__,
)
async def test_what_ends_with_all_sessions_is_not_begun_in_one_of_them(
    prepare: Prepare, signed_in: SignedIn, uow: UnitOfWorkFactory, database: Database
) -> None:
    admin, other = await signed_in(Role.ADMIN), await signed_in()
    begin = await prepare(admin, other, uow)
    answers: list[httpx2.Response] = []

    async def asking() -> None:
        answers.append(await begin(admin))

    async with uow(SYSTEM) as unit:
        await unit.users.get(admin.user.id, for_update=True)
        await end_sessions(unit, admin.user.id, None)
        async with waiting(asking(), database):
            await unit.commit()

    [refused] = answers
    assert (refused.status_code, "session has ended" in refused.text) == (401, True)
