"""Checks codes and passkeys as second factors, and limits failed attempts."""

from backend.core.config import SecuritySettings
from backend.core.errors import ConflictError, InvalidInputError
from backend.core.one_time_codes import is_of_app, normal_code, recovery_hash, step_of
from backend.core.permissions import SubjectKind
from backend.core.sealing import SealBrokenError, Sealer
from backend.models.identity.second_factors import GivenFactor
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnit
from backend.services.identity.passkey_check import PasskeyCheck, wrong_passkey
from backend.services.identity.sign_in_attempts import SignInAttempts

_UNREADABLE = (
    "The second factor can't be read any more, as SECRET_KEY has changed: use a recovery code, or "
    "ask an admin to reset it."
)


class SecondFactorCheck:
    """Wrong codes are counted as wrong passwords are, apart from them for the account.

    One at a time is checked of an account, in the transaction that uses the code: however many
    arrive at once, a code is used once, and no more than the limit are looked at.
    """

    def __init__(self, settings: SecuritySettings, passkeys: PasskeyCheck) -> None:
        self.sealer = Sealer(settings, "second factor")
        self._passkeys = passkeys
        self._attempts = SignInAttempts(
            settings, "There were too many wrong codes; wait before you try again."
        )

    async def verify(
        self, uow: IdentityUnit, user: User, given: GivenFactor, address: str | None
    ) -> None:
        """Use a code of the app, a recovery code, or a passkey, if the unit commits.

        Lock the user first.

        Raises:
            InvalidInputError: it is wrong or missing; the failure is committed.
            RateLimitedError: there were too many failures.
            ConflictError: SECRET_KEY has changed since the factor was set up.
        """
        attempt = await self._attempts.begin(uow, f"second factor of {user.id}", address)
        if given.passkey is not None:
            is_right = await self._passkeys.use(uow, user, given.passkey) is not None
            wrong = wrong_passkey()
        elif given.code is not None:
            is_right = await self._is_right(uow, user, normal_code(given.code))
            wrong = _wrong_code()
        else:
            raise InvalidInputError("code", "Send a code, or use a passkey.", "missing")
        if not is_right:
            facts = {"address": address, "second_factor": "wrong"}
            await self._attempts.fail(uow, attempt, user.id, **facts)
            raise wrong

    async def _is_right(self, uow: IdentityUnit, user: User, code: str) -> bool:
        use = self._use_code if is_of_app(code) else self._use_recovery_code
        return await use(uow, user, code)

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


def _wrong_code() -> InvalidInputError:
    detail = "The code is wrong, was used before or has expired."
    return InvalidInputError("code", detail, "wrong_code")
