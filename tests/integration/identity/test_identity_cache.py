"""Who is signed in is remembered, and forgotten as soon as it changes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.core.caching import CacheName, Caches
from backend.core.config import Settings
from backend.core.database import Database, libpq_url
from backend.core.errors import AuthenticationError
from backend.core.permissions import Principal, Role
from backend.core.scopes import SYSTEM
from backend.models.identity.auth import PasswordChange
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.process_state import process_state
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.container import Services
from backend.wiring import wire
from tests.factories import PASSWORD, make_user
from tests.fixtures.people import Person, with_key
from tests.fixtures.waiting import eventually

NOWHERE = Client(None, None)
NEW_PASSWORD = "a new password"
PATIENCE = 10
CUT_TRANSACTIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'
"""
MAKE_VIEWER = "UPDATE users SET role = 'viewer' WHERE id = :user"
BY_HAND = (
    "UPDATE users SET is_active = false WHERE id = :user",
    "DELETE FROM users WHERE id = :user",
    "UPDATE sessions SET revoked_at = now() WHERE id = :session",
    "UPDATE sessions SET expires_at = now() WHERE id = :session",
    "DELETE FROM sessions WHERE id = :session",
    "TRUNCATE sessions CASCADE",
)
HARMLESS = (
    "UPDATE users SET full_name = 'x' WHERE id = :user",
    "UPDATE sessions SET expires_at = expires_at + interval '1 day' WHERE id = :session",
    "UPDATE api_keys SET last_used_at = now() WHERE user_id = :user",
)


@dataclass
class Deaf:
    """A process that remembers but hears of nothing: only its own units tell it what to forget."""

    caches: Caches
    services: Services
    uow: SqlUnitOfWorkFactory
    user: User
    access_token: str
    refresh_token: str

    async def identify(self) -> Principal | None:
        try:
            return await self.services.identity.sessions.identify(self.access_token)
        except AuthenticationError:
            return None

    async def role(self) -> Role | None:
        caller = await self.identify()
        return caller.role if caller else None


@pytest.fixture
async def deaf(settings: Settings, database: Database) -> Deaf:
    """Somebody is signed in, and that is remembered."""
    state = process_state(settings)
    state.caches.regained()
    uow = SqlUnitOfWorkFactory(database, caches=state.caches)
    services = wire(settings, uow, {}, state)
    user = make_user()
    async with uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.commit()
    tokens = await services.identity.auth.sign_in(user.email, PASSWORD, NOWHERE)
    deaf = Deaf(state.caches, services, uow, user, tokens.access_token, tokens.refresh_token)
    assert await deaf.identify()
    return deaf


async def revoke(deaf: Deaf, by: Principal) -> None:
    await deaf.services.identity.sessions.revoke(by.session_id, by)


async def revoke_all(deaf: Deaf, by: Principal) -> None:
    await deaf.services.identity.sessions.revoke_all(by)


async def deactivate(deaf: Deaf, by: Principal) -> None:
    await deaf.services.identity.users.deactivate(by.user_id, None)


async def reset_password(deaf: Deaf, by: Principal) -> None:
    await deaf.services.identity.users.reset_password(by.user_id, NEW_PASSWORD)


async def change_password_elsewhere(deaf: Deaf, by: Principal) -> None:
    tokens = await deaf.services.identity.auth.sign_in(deaf.user.email, PASSWORD, NOWHERE)
    other = await deaf.services.identity.sessions.identify(tokens.access_token)
    change = PasswordChange(current_password=PASSWORD, new_password=NEW_PASSWORD)
    await deaf.services.identity.auth.change_password(change, other, NOWHERE)


async def replay_a_refresh_token(deaf: Deaf, by: Principal) -> None:
    await deaf.services.identity.auth.refresh(deaf.refresh_token, NOWHERE)
    with pytest.raises(AuthenticationError):
        await deaf.services.identity.auth.refresh(
            deaf.refresh_token, Client("Another device", None)
        )


ENDINGS = (
    revoke,
    revoke_all,
    deactivate,
    reset_password,
    change_password_elsewhere,
    replay_a_refresh_token,
)


@pytest.mark.parametrize("end", ENDINGS)
async def test_the_process_that_ends_a_session_refuses_it_without_having_to_hear_of_it(
    deaf: Deaf, end: Callable[[Deaf, Principal], Awaitable[None]]
) -> None:
    caller = await deaf.identify()
    assert caller

    await end(deaf, caller)

    assert await deaf.identify() is None


async def test_the_process_that_changes_a_role_knows_it_without_having_to_hear_of_it(
    deaf: Deaf,
) -> None:
    await deaf.services.identity.users.set_role(deaf.user.id, Role.MANAGER, None)

    assert await deaf.role() is Role.MANAGER


async def test_nothing_is_forgotten_without_a_commit(deaf: Deaf, database: Database) -> None:
    async with deaf.uow(SYSTEM) as unit:
        unit.forget(CacheName.IDENTITY, deaf.user.id)
    await change(database, MAKE_VIEWER, user=deaf.user.id)

    assert await deaf.role() is Role.MEMBER


async def test_a_commit_of_which_nobody_knows_the_outcome_makes_forget(
    deaf: Deaf, database: Database
) -> None:
    async def commit_on_a_cut_connection() -> None:
        async with deaf.uow(SYSTEM) as unit:
            await unit.users.get(deaf.user.id, for_update=True)
            unit.forget(CacheName.IDENTITY, deaf.user.id)
            await change(database, CUT_TRANSACTIONS)
            await unit.commit()

    with pytest.raises(OperationalError):
        await commit_on_a_cut_connection()
    await change(database, MAKE_VIEWER, user=deaf.user.id)

    assert await deaf.role() is Role.VIEWER


@pytest.mark.parametrize("prolonged", [False, True])
async def test_an_identity_is_remembered_as_long_as_its_session_lasted(
    deaf: Deaf, database: Database, prolonged: bool
) -> None:
    await change(database, "UPDATE sessions SET expires_at = now() + interval '0.5 s'")
    deaf.caches.forget(CacheName.IDENTITY, deaf.user.id)
    await deaf.identify()

    if prolonged:
        await deaf.services.identity.auth.refresh(deaf.refresh_token, NOWHERE)
    await asyncio.sleep(0.6)

    assert (await deaf.identify() is not None) == prolonged


@pytest.mark.parametrize("statement", BY_HAND)
async def test_a_session_that_somebody_ends_by_hand_is_refused_within_moments(
    member: Person, database: Database, statement: str
) -> None:
    assert (await member.get("/users/me")).status_code == 200

    await change(database, statement, user=member.user.id, session=member.session.id)

    await eventually(401, lambda: member.get("/users/me"))


async def test_a_role_that_somebody_changes_by_hand_counts_within_moments(
    member: Person, database: Database
) -> None:
    assert (await member.get("/users/me")).status_code == 200

    await change(database, MAKE_VIEWER, user=member.user.id)

    await eventually(403, lambda: member.post("/tasks", json={"title": "x"}))


@pytest.mark.parametrize("statement", HARMLESS)
async def test_a_change_that_concerns_no_identity_tells_nobody(
    settings: Settings, member: Person, database: Database, statement: str
) -> None:
    await with_key(member)
    with psycopg.connect(libpq_url(settings.database), autocommit=True) as listener:
        listener.execute("LISTEN mvp_cache")
        await change(database, statement, user=member.user.id, session=member.session.id)

        # Notices arrive in the order of the commits.
        listener.execute("NOTIFY mvp_cache, 'the end'")
        heard = [notice.payload for notice in listener.notifies(timeout=PATIENCE, stop_after=1)]
        assert heard == ["the end"]


async def change(database: Database, statement: str, **ids: UUID) -> None:
    """As an operator does it in psql."""
    async with database.engine.connect() as connection:
        await connection.execute(text(statement), ids)
