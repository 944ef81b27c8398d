"""Asks for passkeys, and checks what they sign."""

import asyncio
from datetime import timedelta
from typing import Any

from backend.core.config import RelyingParty, SecuritySettings
from backend.core.errors import InvalidInputError
from backend.core.logging import get_logger
from backend.core.passkeys import NewPasskey, PasskeyRefusedError, Passkeys, PasskeyUse
from backend.core.permissions import Principal, SubjectKind
from backend.models.identity.passkey_credentials import AssertedCredential, AttestedCredential
from backend.models.identity.passkeys import Passkey, UsedChallenge
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnit
from backend.services.identity.signed_ids import SignedId, SignedIds

CREATION, USE = "creation of a passkey", "use of a passkey"
"""What challenges are for."""
_LIFETIME = timedelta(minutes=5)
_FIELD = "passkey"
_log = get_logger(__name__)


class PasskeyCheck:
    """A challenge is signed by this server, for one purpose, and used once.

    Each passkey has to verify who uses it; so it counts as both factors.
    """

    def __init__(self, settings: SecuritySettings, party: RelyingParty) -> None:
        self._passkeys = Passkeys(party)
        self._creations = SignedIds(settings, CREATION, _LIFETIME)
        self._uses = SignedIds(settings, USE, _LIFETIME)

    async def creation_options(
        self, uow: IdentityUnit, user: User, by: Principal
    ) -> dict[str, Any]:
        """Return what a browser makes a passkey of the user with, in this session."""
        known = await uow.passkeys.credentials_of(user.id)
        challenge = self._creations.new(*_bound_to(by)).text
        account = (user.id.bytes, user.email, user.full_name)
        return await asyncio.to_thread(
            self._passkeys.creation_options, challenge, *account, known=known
        )

    async def request_options(self) -> dict[str, Any]:
        """Return what a browser uses a passkey with, whosever it is."""
        return await asyncio.to_thread(self._passkeys.request_options, self._uses.new().text)

    async def new(
        self, uow: IdentityUnit, credential: AttestedCredential, by: Principal
    ) -> NewPasskey:
        """Return what was made with the options, and use the challenge if the unit commits.

        Raises:
            InvalidInputError: it can't be used; or the challenge is not of this session, was used
                or has expired.
        """
        sent = credential.as_sent()
        try:
            text = await asyncio.to_thread(self._passkeys.challenge_in, sent)
            challenge = self._creations.read(text, *_bound_to(by))
            made = await asyncio.to_thread(self._passkeys.check_new, sent, text)
        except PasskeyRefusedError as error:
            _log.info("passkey_refused", reason=str(error))
            raise wrong_passkey() from None
        await _use_challenge(uow, challenge)
        return made

    async def use(
        self, uow: IdentityUnit, user: User, credential: AssertedCredential
    ) -> Passkey | None:
        """Return the passkey of the user that has signed a challenge; None if none of them has.

        Lock the user first. Challenge and passkey are used if the unit commits.

        Raises InvalidInputError if the challenge was used or has expired.
        """
        passkey = await uow.passkeys.find_by_credential(credential.raw_id)
        if passkey is None or passkey.user_id != user.id or credential.user_handle != user.id.bytes:
            return None
        try:
            challenge, used = await self._signed(credential.as_sent(), passkey)
        except PasskeyRefusedError as error:
            _log.info("passkey_refused", reason=str(error))
            return None
        if passkey.would_go_back(used.sign_count):
            counts = {"sign_count": {"before": passkey.sign_count, "after": used.sign_count}}
            uow.record(_event("cloned", passkey, counts))
            return None
        await _use_challenge(uow, challenge)
        passkey.sign_count, passkey.is_backed_up = used.sign_count, used.is_backed_up
        passkey.last_used_at = now()
        await uow.passkeys.save(passkey)
        uow.record(_event("used", passkey, changes_between({}, {"user_id": str(user.id)})))
        return passkey

    async def _signed(
        self, sent: dict[str, Any], passkey: Passkey
    ) -> tuple[SignedId | None, PasskeyUse]:
        text = await asyncio.to_thread(self._passkeys.challenge_in, sent)
        used = await asyncio.to_thread(self._passkeys.check_use, sent, text, passkey.public_key)
        return self._uses.read(text), used


def wrong_passkey() -> InvalidInputError:
    detail = "The passkey is not known here, or what it has signed can't be used."
    return InvalidInputError(_FIELD, detail, "wrong_passkey")


async def _use_challenge(uow: IdentityUnit, challenge: SignedId | None) -> None:
    if challenge is not None:
        used = UsedChallenge(id=challenge.id, expires_at=challenge.expires_at)
        if await uow.passkeys.use_challenge(used):
            return
    detail = "The challenge is invalid, was used before or has expired. Ask for a new one."
    raise InvalidInputError(_FIELD, detail, "invalid_challenge")


def _bound_to(by: Principal) -> tuple[str, str]:
    return str(by.user_id), str(by.session_id)


def _event(verb: str, passkey: Passkey, changes: Any) -> ResourceChanged:
    return ResourceChanged(
        kind=SubjectKind.PASSKEY, verb=verb, subject_id=passkey.id, changes=changes
    )
