"""Sets second factors up, and removes them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from backend.core.attempts import retried
from backend.core.caching import CacheName
from backend.core.errors import ConflictError
from backend.core.one_time_codes import new_recovery_code, new_secret, recovery_hash, setup_uri
from backend.core.permissions import Principal, SubjectKind
from backend.core.scopes import SYSTEM
from backend.core.sealing import Sealer
from backend.models.identity.second_factors import (
    FactorProof,
    FactorSetup,
    FactorStatus,
    GivenFactor,
    SecondFactor,
)
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.models.platform.domain_events import DomainEvent, ResourceChanged
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.fresh_proof import FreshProof
from backend.services.identity.second_factor_check import SecondFactorCheck
from backend.services.identity.second_factor_rule import SecondFactorRule
from backend.services.identity.security_mails import (
    APP_ADDED,
    APP_REMOVED,
    CODES_RENEWED,
    FACTORS_RESET,
    tell_owner,
)
from backend.services.identity.sessions import end_sessions
from backend.services.identity.ways_in import remove_passkeys

_RECOVERY_CODES = 10
_IN_USE = "You have a second factor: remove it first."
_NONE = "You have no second factor."


class SecondFactorService:
    """The second factor of the caller."""

    def __init__(
        self,
        uow: IdentityUnits,
        check: SecondFactorCheck,
        proof: FreshProof,
        rule: SecondFactorRule,
    ) -> None:
        self._uow = uow
        self._check = check
        self._proof = proof
        self._rule = rule

    async def status(self, by: Principal) -> FactorStatus:
        async with self._uow.reading(by) as uow:
            user = await uow.users.get(by.user_id)
            left = await uow.second_factors.count_recovery_codes(by.user_id)
        return FactorStatus(
            second_factor_at=user.second_factor_at,
            recovery_codes_left=left,
            is_required=user.role in self._rule.roles,
        )

    async def begin(self, proof: FactorProof, by: Principal, client: Client) -> FactorSetup:
        """Make a secret for an app, which `confirm` puts to use.

        Raises:
            ConflictError: a second factor is in use.
            InvalidInputError, RateLimitedError, UnavailableError: as `FreshProof`.
        """
        await self._proof.check_password(proof, by, client)
        async with self._changing(by) as (uow, user):
            setup = await begin_factor(uow, user, self._check.sealer)
            await self._proof.check_factor(uow, user, proof, client)
            return setup

    async def confirm(self, code: str, by: Principal, client: Client) -> list[str]:
        """Put the secret to use with a first code of the app, and end all other sessions.

        Returns the recovery codes.

        Raises:
            ConflictError: a second factor is in use, or none was begun.
            InvalidInputError, RateLimitedError: as `SecondFactorCheck.verify`.
        """
        async with self._changing(by) as (uow, user):
            if user.second_factor_at is not None:
                raise ConflictError(_IN_USE)
            if await uow.second_factors.find_of(user.id) is None:
                raise ConflictError("Begin with `POST /auth/second-factor`.")
            await self._check.verify(uow, user, GivenFactor(code=code), client.address)
            codes = await enable_factor(uow, user, by, client)
            await end_sessions(uow, user.id, by, keep=by.session_id)
            return codes

    async def renew_recovery_codes(
        self, given: GivenFactor, by: Principal, client: Client
    ) -> list[str]:
        """Return new recovery codes instead of the old ones.

        Raises:
            ConflictError: there is no second factor.
            InvalidInputError, RateLimitedError: as `SecondFactorCheck.verify`.
        """
        async with self._changing(by) as (uow, user):
            if user.second_factor_at is None:
                raise ConflictError(_NONE)
            await self._check.verify(uow, user, given, client.address)
            uow.record(event := _changed(user, "recovery_codes_renewed", by))
            await tell_owner(uow, user, CODES_RENEWED, event, client)
            return await _new_recovery_codes(uow, user)

    async def remove(self, proof: FactorProof, by: Principal, client: Client) -> None:
        """Remove the second factor and its recovery codes.

        Raises:
            ConflictError: there is none, or the role requires one and there is no passkey.
            InvalidInputError, RateLimitedError, UnavailableError: as `FreshProof`.
        """
        await self._proof.check_password(proof, by, client)
        async with self._changing(by) as (uow, user):
            if user.second_factor_at is None:
                raise ConflictError(_NONE)
            has_passkey = bool(await uow.passkeys.credentials_of(user.id))
            self._rule.require_left(user, has_factor=has_passkey)
            await self._proof.check_factor(uow, user, proof, client)
            event = await _remove_factor(uow, user, "second_factor_removed", by)
            await tell_owner(uow, user, APP_REMOVED, event, client)

    @asynccontextmanager
    async def _changing(self, by: Principal) -> AsyncIterator[tuple[IdentityUnit, User]]:
        async with self._uow(by) as uow:
            user = await uow.users.get(by.user_id, for_update=True)
            yield uow, user
            await uow.commit()


class SecondFactorReset:
    """For the command line, where whoever asks needs no code."""

    def __init__(self, uow: IdentityUnits) -> None:
        self._uow = uow

    @retried
    async def reset(self, user_id: UUID) -> None:
        """Remove second factor and passkeys of somebody who has lost them; end all their sessions.

        A mail tells them.

        Raises ConflictError if there is neither.
        """
        async with self._uow(SYSTEM) as uow:
            user = await uow.users.get(user_id, for_update=True)
            events = await remove_passkeys(uow, user)
            if user.second_factor_at is not None:
                events.append(await _remove_factor(uow, user, "second_factor_reset", None))
            if not events:
                raise ConflictError(f"{user.email} has no second factor, and no passkey.")
            await tell_owner(uow, user, FACTORS_RESET, events[0], None)
            await end_sessions(uow, user_id, None)
            await uow.commit()


async def begin_factor(uow: IdentityUnit, user: User, sealer: Sealer) -> FactorSetup:
    """Raises ConflictError if a second factor is in use."""
    if user.second_factor_at is not None:
        raise ConflictError(_IN_USE)
    secret = new_secret()
    factor = SecondFactor(user_id=user.id, sealed_secret=sealer.seal(secret, user.id))
    await uow.second_factors.replace(factor)
    return FactorSetup(secret=secret, uri=setup_uri(secret, user.email))


async def enable_factor(
    uow: IdentityUnit, user: User, by: Principal | None, client: Client
) -> list[str]:
    """Put the factor to use whose first code was right. Returns the recovery codes."""
    user.second_factor_at = now()
    await uow.users.save(user)
    uow.record(event := _changed(user, "second_factor_added", by))
    await tell_owner(uow, user, APP_ADDED, event, client)
    # Sessions without one may have been refused.
    uow.forget(CacheName.IDENTITY, user.id)
    return await _new_recovery_codes(uow, user)


async def _remove_factor(
    uow: IdentityUnit, user: User, verb: str, by: Principal | None
) -> DomainEvent:
    await uow.second_factors.remove_of(user.id)
    user.second_factor_at = None
    await uow.users.save(user)
    uow.record(event := _changed(user, verb, by))
    uow.forget(CacheName.IDENTITY, user.id)
    return event


async def _new_recovery_codes(uow: IdentityUnit, user: User) -> list[str]:
    codes = [new_recovery_code() for _ in range(_RECOVERY_CODES)]
    await uow.second_factors.replace_recovery_codes(user.id, map(recovery_hash, codes))
    return codes


def _changed(user: User, verb: str, by: Principal | None) -> ResourceChanged:
    return ResourceChanged(kind=SubjectKind.USER, verb=verb, subject_id=user.id, by=by)
