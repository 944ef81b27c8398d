"""Checks the codes of second factors, and limits failed attempts."""

from typing import NoReturn

from backend.core.addresses import network_of
from backend.core.config import SecuritySettings
from backend.core.errors import ConflictError, InvalidInputError
from backend.core.one_time_codes import is_of_app, normal_code, recovery_hash, step_of
from backend.core.permissions import SubjectKind
from backend.core.sealing import SealBrokenError, Sealer
from backend.models.identity.sign_in_failures import SignInFailure
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged, SignInFailed, changes_between
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnit
from backend.services.identity.rate_windows import RateLimit, hashed

_UNREADABLE = (
    "The second factor can't be read any more, as SECRET_KEY has changed: use a recovery code, or "
    "ask an admin to reset it."
)


class SecondFactorCheck:
    """Wrong codes are counted as wrong passwords are, apart from them for the account.

    One at a time is checked of an account, in the transaction that uses the code: however many
    arrive at once, a code is used once, and no more than the limit are looked at.
    """

    def __init__(self, settings: SecuritySettings) -> None:
        self.sealer = Sealer(settings, "second factor")
        self._limit = RateLimit(
            settings.sign_in_failures_per_account,
            settings.sign_in_failures_per_address,
            settings.sign_in_window_minutes,
            "There were too many wrong codes; wait before you try again.",
        )

    async def verify(self, uow: IdentityUnit, user: User, typed: str, address: str | None) -> None:
        """Use a code of the app, or a recovery code, if the unit commits. Lock the user first.

        Raises:
            InvalidInputError: it is wrong; the failure is committed.
            RateLimitedError: there were too many failures.
            ConflictError: SECRET_KEY has changed since the factor was set up.
        """
        account = hashed(f"second factor of {user.id}")
        failure = SignInFailure(account_hash=account, address_hash=hashed(network_of(address)))
        await uow.sign_ins.lock(failure.account_hash, failure.address_hash)
        await self._limit.check(uow.sign_ins, failure)
        code = normal_code(typed)
        is_right = self._use_code if is_of_app(code) else self._use_recovery_code
        if not await is_right(uow, user, code):
            await self._fail(uow, failure, user, address)

    async def _use_code(self, uow: IdentityUnit, user: User, code: str) -> bool:
        factor = await uow.second_factors.find_of(user.id)
        if factor is None:
            return False
        try:
            secret = self.sealer.open(factor.sealed_secret, user.id)
        except SealBrokenError:
            raise ConflictError(_UNREADABLE) from None
        step = step_of(secret, code, now())
        return step is not None and await uow.second_factors.use_step(user.id, step)

    async def _use_recovery_code(self, uow: IdentityUnit, user: User, code: str) -> bool:
        is_right = await uow.second_factors.use_recovery_code(user.id, recovery_hash(code))
        if is_right:
            uow.record(
                ResourceChanged(
                    kind=SubjectKind.USER, verb="recovery_code_used", subject_id=user.id
                )
            )
        return is_right

    async def _fail(
        self, uow: IdentityUnit, failure: SignInFailure, user: User, address: str | None
    ) -> NoReturn:
        await uow.sign_ins.record(failure, forget_before=self._limit.begins())
        changes = changes_between({}, {"address": address, "second_factor": "wrong"})
        uow.record(SignInFailed(subject_id=user.id, changes=changes))
        await uow.commit()
        detail = "The code is wrong, was used before or has expired."
        raise InvalidInputError("code", detail, "wrong_code")
