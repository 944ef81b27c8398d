"""Limits failed attempts to sign in, and records them."""

from typing import Any, NamedTuple, Self
from uuid import UUID

from backend.core.addresses import network_of
from backend.core.config import SecuritySettings
from backend.models.identity.sign_in_failures import SignInFailure
from backend.models.platform.domain_events import SignInFailed, changes_between
from backend.repositories.identity.unit import IdentityReading, IdentityUnit
from backend.services.identity.rate_windows import RateLimit, hashed

_REFUSAL = "There were too many failed sign-ins; wait before you try again."


class SignInAttempt(NamedTuple):
    """What is tried, and from where, as hashes."""

    account_hash: str
    address_hash: str

    @classmethod
    def of(cls, what: str, address: str | None) -> Self:
        return cls(hashed(what), hashed(network_of(address)))


class SignInAttempts:
    """Passwords, codes, passkeys and providers: each counts what is tried apart from the others.

    Failures are counted exactly by what is tried and by address, across all processes.
    """

    def __init__(self, settings: SecuritySettings, refusal: str = _REFUSAL) -> None:
        """`refusal` is the text of the error at the limit."""
        self._limit = RateLimit(
            settings.sign_in_failures_per_account,
            settings.sign_in_failures_per_address,
            settings.sign_in_window_minutes,
            refusal,
        )

    async def look(self, uow: IdentityReading, what: str, address: str | None) -> None:
        """Refuse what `begin` would refuse, without a lock. Raises RateLimitedError."""
        await self._limit.check(uow.sign_ins, SignInAttempt.of(what, address))

    async def begin(self, uow: IdentityUnit, what: str, address: str | None) -> SignInAttempt:
        """Lock what is tried and the address, until the unit ends. Raises RateLimitedError."""
        attempt = SignInAttempt.of(what, address)
        await uow.sign_ins.lock(*attempt)
        await self._limit.check(uow.sign_ins, attempt)
        return attempt

    async def fail(
        self, uow: IdentityUnit, attempt: SignInAttempt, user_id: UUID | None, **facts: Any
    ) -> None:
        """Record that it has failed, and commit: raise the error after that."""
        failure = SignInFailure(**attempt._asdict())
        await uow.sign_ins.record(failure, forget_before=self._limit.begins())
        uow.record(SignInFailed(subject_id=user_id, changes=changes_between({}, facts)))
        await uow.commit()
