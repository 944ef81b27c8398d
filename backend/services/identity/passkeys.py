from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from backend.core.errors import ConflictError, NotFoundError
from backend.core.permissions import Principal, SubjectKind
from backend.models.identity.passkeys import Passkey, PasskeyCreate, PasskeyQuery
from backend.models.identity.second_factors import FactorProof
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.models.platform.domain_events import changes_between
from backend.models.platform.paging import Page
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.callers import lock_caller
from backend.services.identity.fresh_proof import FreshProof
from backend.services.identity.passkey_check import PasskeyCheck
from backend.services.identity.second_factor_rule import SecondFactorRule
from backend.services.identity.security_mails import (
    PASSKEY_ADDED,
    passkey_removed,
    passkey_renamed,
    tell_owner,
)
from backend.services.identity.ways_in import require_another_way_in
from backend.services.platform.change_events import created, deleted, updated

_MOST = 20


class PasskeyService:
    """The passkeys of the caller; those of others are not found. The owner is told by mail."""

    def __init__(
        self,
        uow: IdentityUnits,
        check: PasskeyCheck,
        proof: FreshProof,
        rule: SecondFactorRule,
    ) -> None:
        self._uow = uow
        self._check = check
        self._proof = proof
        self._rule = rule

    async def page(self, query: PasskeyQuery, by: Principal) -> Page[Passkey]:
        """Return the caller's own. Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            return await uow.passkeys.page_of(by.user_id, query)

    async def begin(self, proof: FactorProof, by: Principal, client: Client) -> dict[str, Any]:
        """Return what a browser makes a passkey with, which `create` takes.

        Raises:
            InvalidInputError, RateLimitedError, UnavailableError: as `FreshProof`.
            ConflictError: there are as many as one account may have.
        """
        async with self._proven(proof, by, client) as (uow, user):
            await _require_room(uow, user)
            return await self._check.creation_options(uow, user, by)

    async def create(self, data: PasskeyCreate, by: Principal, client: Client) -> Passkey:
        """Sign in with it as well, from now on.

        Raises:
            InvalidInputError: as `PasskeyCheck.new`.
            AuthenticationError: the session has ended meanwhile.
            ConflictError: it is registered, or there are as many as one account may have.
        """
        async with self._uow(by) as uow:
            user = await lock_caller(uow, by)
            await _require_room(uow, user)
            made = await self._check.new(uow, data.passkey, by)
            passkey = Passkey(name=data.name, user_id=user.id, **vars(made))
            await uow.passkeys.save(passkey)
            uow.record(event := created(SubjectKind.PASSKEY, passkey, by))
            await tell_owner(uow, user, PASSKEY_ADDED, event, client)
            await uow.commit()
        return passkey

    async def rename(self, passkey_id: UUID, name: str, by: Principal, client: Client) -> Passkey:
        """Raises NotFoundError if it is not one of the caller's."""
        async with self._uow(by) as uow:
            passkey = await _own(uow, passkey_id, by)
            before = passkey.facts()
            passkey.name = name
            if changes := changes_between(before, passkey.facts()):
                await uow.passkeys.save(passkey)
                uow.record(event := updated(SubjectKind.PASSKEY, passkey, changes, by))
                user = await uow.users.get(by.user_id)
                await tell_owner(uow, user, passkey_renamed(passkey), event, client)
                await uow.commit()
        return passkey

    async def remove(
        self, passkey_id: UUID, proof: FactorProof, by: Principal, client: Client
    ) -> None:
        """
        Raises:
            NotFoundError: it is not one of the caller's.
            ConflictError: they could not sign in any more, or not as their role must.
            InvalidInputError, RateLimitedError, UnavailableError: as `FreshProof`.
        """
        async with self._proven(proof, by, client) as (uow, user):
            passkey = await _own(uow, passkey_id, by)
            await require_another_way_in(uow, user)
            has_others = len(await uow.passkeys.credentials_of(user.id)) > 1
            has_app = user.second_factor_at is not None
            self._rule.require_left(user, has_factor=has_others or has_app)
            await uow.passkeys.delete(passkey)
            uow.record(event := deleted(SubjectKind.PASSKEY, passkey, by))
            await tell_owner(uow, user, passkey_removed(passkey), event, client)

    @asynccontextmanager
    async def _proven(
        self, proof: FactorProof, by: Principal, client: Client
    ) -> AsyncIterator[tuple[IdentityUnit, User]]:
        """A unit with the user, locked, which is committed at the end."""
        await self._proof.check_password(proof, by, client)
        async with self._uow(by) as uow:
            user = await uow.users.get(by.user_id, for_update=True)
            await self._proof.check_factor(uow, user, proof, client)
            yield uow, user
            await uow.commit()


async def _own(uow: IdentityUnit, passkey_id: UUID, by: Principal) -> Passkey:
    passkey = await uow.passkeys.find(passkey_id)
    if passkey is None or passkey.user_id != by.user_id:
        raise NotFoundError.of("passkey", passkey_id)
    return passkey


async def _require_room(uow: IdentityUnit, user: User) -> None:
    if len(await uow.passkeys.credentials_of(user.id)) >= _MOST:
        raise ConflictError(f"You have {_MOST} passkeys: remove one first.")
