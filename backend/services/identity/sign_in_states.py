"""The state of a sign-in with a provider. It is signed, so that a start stores nothing."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from backend.core.config import ProviderName, SecuritySettings
from backend.core.errors import InvalidInputError
from backend.core.security import derived_token
from backend.services.identity.providers import Attempt
from backend.services.identity.signed_ids import SignedIds

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
        self._ids = SignedIds(settings, "state of a sign-in", _LIFETIME)

    def new(self, provider: ProviderName, redirect_uri: str, code_challenge: str) -> Attempt:
        signed = self._ids.new(code_challenge, provider, redirect_uri)
        return self._attempt(signed.id, f"{code_challenge}.{signed.text}", redirect_uri)

    def read(self, provider: ProviderName, redirect_uri: str, state: str) -> SignInState:
        """Return a state, with what was sent to the provider beside it.

        Raises:
            InvalidInputError: it was not made here for this provider and address, or has expired.
        """
        code_challenge, _, text = state.partition(".")
        signed = self._ids.read(text, code_challenge, provider, redirect_uri)
        if signed is None:
            raise dead_state()
        attempt = self._attempt(signed.id, state, redirect_uri)
        return SignInState(signed.id, code_challenge, attempt)

    def _attempt(self, state_id: UUID, state: str, redirect_uri: str) -> Attempt:
        nonce = derived_token(self._settings, "nonce of a sign-in", state_id)
        verifier = derived_token(self._settings, "verifier of a sign-in", state_id)
        return Attempt(state, nonce, verifier, redirect_uri)


def dead_state() -> InvalidInputError:
    detail = "The state is invalid, was used before or has expired. Begin again."
    return InvalidInputError("state", detail, "invalid_state")
