"""The state of a sign-in with a provider. It is signed, so that a start stores nothing."""

from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from uuid import UUID

from backend.core.config import ProviderName, SecuritySettings
from backend.core.errors import InvalidInputError
from backend.core.security import derived_token, fingerprint
from backend.models.platform.mixins import new_id, now
from backend.services.identity.providers import Attempt

_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class SignInState:
    """A state that was made here, and has not expired.

    Attributes:
        id: by it a state is used once.
        code_challenge: of the client that has begun.
    """

    id: UUID
    code_challenge: str
    attempt: Attempt


class SignInStates:
    """Makes states, and reads those that it has made."""

    def __init__(self, settings: SecuritySettings) -> None:
        self._settings = settings

    def new(self, provider: ProviderName, redirect_uri: str, code_challenge: str) -> Attempt:
        state_id, expires = new_id(), int((now() + _LIFETIME).timestamp())
        signed = f"{state_id.hex}.{expires:x}.{code_challenge}"
        state = f"{signed}.{self._signature(signed, provider, redirect_uri)}"
        return self._attempt(state_id, state, redirect_uri)

    def read(self, provider: ProviderName, redirect_uri: str, state: str) -> SignInState:
        """Return a state, with what was sent to the provider beside it.

        Raises:
            InvalidInputError: it was not made here for this provider and address, or has expired.
        """
        signed, _, signature = state.rpartition(".")
        expected = self._signature(signed, provider, redirect_uri)
        if not compare_digest(signature.encode(), expected.encode()):
            raise dead_state()
        state_id, expires, code_challenge = signed.split(".")
        if int(expires, 16) <= now().timestamp():
            raise dead_state()
        attempt = self._attempt(UUID(state_id), state, redirect_uri)
        return SignInState(UUID(state_id), code_challenge, attempt)

    def _signature(self, signed: str, provider: ProviderName, redirect_uri: str) -> str:
        return fingerprint(self._settings, "state of a sign-in", signed, provider, redirect_uri)

    def _attempt(self, state_id: UUID, state: str, redirect_uri: str) -> Attempt:
        nonce = derived_token(self._settings, "nonce of a sign-in", state_id)
        verifier = derived_token(self._settings, "verifier of a sign-in", state_id)
        return Attempt(state, nonce, verifier, redirect_uri)


def dead_state() -> InvalidInputError:
    detail = "The state is invalid, was used before or has expired. Begin again."
    return InvalidInputError("state", detail, "invalid_state")
