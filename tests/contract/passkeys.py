"""A device whose passkeys examples use: what they send has to be signed for a challenge."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import cbor2

from backend.core.config import Settings
from backend.models.identity.passkeys import Passkey
from backend.models.identity.users import User
from backend.services.identity.passkey_check import CREATION, USE
from backend.services.identity.signed_ids import SignedIds
from tests.factories import make_passkey
from tests.fixtures.authenticator import Authenticator, Json, Made, encoded, public_key_of

_LIFETIME = timedelta(minutes=5)


class StockedDevice:
    """That of the caller, with one of their passkeys."""

    def __init__(self, settings: Settings, caller: User, session_id: UUID) -> None:
        self._settings = settings
        self._bound_to = str(caller.id), str(session_id)
        self._user_handle = encoded(caller.id.bytes)
        party = settings.relying_party
        self._device = Authenticator(origin=party.origins[0], counts=False)
        self._passkey = Made(party.id, self._user_handle, self._device.create_key())

    def rows(self) -> Sequence[Passkey]:
        """The passkeys of the caller; the device has the first."""
        owner_id = UUID(self._bound_to[0])
        public_key = cbor2.dumps(public_key_of(self._passkey.key))
        known = {"credential_id": self._passkey.credential_id, "public_key": public_key}
        return [make_passkey(user_id=owner_id, **(known if n == 0 else {})) for n in range(3)]

    def made(self) -> Json:
        """A new passkey."""
        challenge = self._challenge(CREATION, *self._bound_to)
        user, party = {"id": self._user_handle}, {"id": self._passkey.rp_id}
        return self._device.create({"challenge": challenge, "user": user, "rp": party})

    def used(self) -> Json:
        """What the passkey signs."""
        return self._device.get({"challenge": self._challenge(USE)}, self._passkey)

    def _challenge(self, purpose: str, *bound: str) -> str:
        signed = SignedIds(self._settings.security, purpose, _LIFETIME).new(*bound)
        return encoded(signed.text.encode())
