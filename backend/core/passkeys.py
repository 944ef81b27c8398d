"""Passkeys (Web Authentication): what browsers are asked for, and what comes back.

The only file that knows webauthn. It is loaded with the first passkey, which takes long: call all
of this in a thread.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backend.core.config import RelyingParty
from backend.core.product import NAME

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticatorSelectionCriteria

Json = Mapping[str, Any]

_MILLISECONDS = 300_000
"""How long the browser lets somebody choose."""
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What webauthn raises for malformed content, beside its own errors."""


class PasskeyRefusedError(Exception):
    """What a browser has sent can't be used. The text gives the reason, for an operator."""


@dataclass(frozen=True)
class NewPasskey:
    """What a passkey says of itself when it is made.

    Attributes:
        public_key: as COSE writes it.
        sign_count: 0 if it does not count.
    """

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_backed_up: bool


@dataclass(frozen=True)
class PasskeyUse:
    """What a passkey says of itself when it is used."""

    sign_count: int
    is_backed_up: bool


class Passkeys:
    """Asks for passkeys of one party that verify who uses them, and checks what they sign.

    They can be found without an address ("discoverable"), and say nothing of who has made them.
    """

    def __init__(self, party: RelyingParty) -> None:
        self._party = party

    def creation_options(
        self, challenge: str, user_id: bytes, email: str, full_name: str, known: Iterable[bytes]
    ) -> dict[str, Any]:
        """Return what `navigator.credentials.create()` takes, as JSON.

        `known` are the ids of the account's passkeys: where one of them is, no other is made.
        """
        from webauthn import generate_registration_options  # noqa: PLC0415  # see above
        from webauthn.helpers import options_to_json_dict  # noqa: PLC0415  # see above
        from webauthn.helpers.structs import (  # noqa: PLC0415  # see above
            PublicKeyCredentialDescriptor,
        )

        options = generate_registration_options(
            rp_id=self._party.id,
            rp_name=NAME,
            user_id=user_id,
            user_name=email,
            user_display_name=full_name,
            challenge=challenge.encode(),
            timeout=_MILLISECONDS,
            authenticator_selection=_discoverable(),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        )
        return options_to_json_dict(options)

    def request_options(self, challenge: str) -> dict[str, Any]:
        """Return what `navigator.credentials.get()` takes, as JSON: for any of their passkeys."""
        from webauthn import generate_authentication_options  # noqa: PLC0415  # see above
        from webauthn.helpers import options_to_json_dict  # noqa: PLC0415  # see above
        from webauthn.helpers.structs import (  # noqa: PLC0415  # see above
            UserVerificationRequirement,
        )

        options = generate_authentication_options(
            rp_id=self._party.id,
            challenge=challenge.encode(),
            timeout=_MILLISECONDS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def challenge_in(self, credential: Json) -> str:
        """Return the challenge that somebody says was signed. Raises PasskeyRefusedError."""
        from webauthn import base64url_to_bytes  # noqa: PLC0415  # see above
        from webauthn.helpers import parse_client_data_json  # noqa: PLC0415  # see above

        with _refusing():
            content = base64url_to_bytes(credential["response"]["clientDataJSON"])
            client_data = parse_client_data_json(content)
            if client_data.cross_origin:
                raise PasskeyRefusedError("asked for by a page within that of another site")
            return client_data.challenge.decode("ascii")

    def check_new(self, credential: Json, challenge: str) -> NewPasskey:
        """Return the passkey that was made for a challenge. Raises PasskeyRefusedError."""
        from webauthn import verify_registration_response  # noqa: PLC0415  # see above

        with _refusing():
            _check_attestation(credential)
            made = verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge.encode(),
                expected_rp_id=self._party.id,
                expected_origin=list(self._party.origins),
                require_user_verification=True,
            )
            _check_key(made.credential_public_key)
        return NewPasskey(
            made.credential_id,
            made.credential_public_key,
            made.sign_count,
            made.credential_backed_up,
        )

    def check_use(self, credential: Json, challenge: str, public_key: bytes) -> PasskeyUse:
        """Return how a passkey has signed a challenge. Raises PasskeyRefusedError."""
        from webauthn import verify_authentication_response  # noqa: PLC0415  # see above

        with _refusing():
            used = verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge.encode(),
                expected_rp_id=self._party.id,
                expected_origin=list(self._party.origins),
                credential_public_key=public_key,
                # webauthn would look at the count before the signature: whoever knows the id of a
                # passkey could have it taken for a copy.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        return PasskeyUse(used.new_sign_count, used.credential_backed_up)


@contextmanager
def _refusing() -> Iterator[None]:
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415  # see above

    try:
        yield
    except (WebAuthnException, *_MALFORMED) as error:
        raise PasskeyRefusedError(f"{type(error).__name__}: {error}") from None


def _discoverable() -> "AuthenticatorSelectionCriteria":
    from webauthn.helpers.structs import (  # noqa: PLC0415  # see above
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    return AuthenticatorSelectionCriteria(
        resident_key=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )


def _check_attestation(credential: Json) -> None:
    """None was asked for: certificates of makers are neither needed nor looked at."""
    from webauthn import base64url_to_bytes  # noqa: PLC0415  # see above
    from webauthn.helpers import parse_attestation_object  # noqa: PLC0415  # see above

    content = base64url_to_bytes(credential["response"]["attestationObject"])
    attested = parse_attestation_object(content)
    is_own = attested.fmt == "packed" and attested.att_stmt.x5c is None
    if attested.fmt != "none" and not is_own:
        raise PasskeyRefusedError(f"an attestation of the format {attested.fmt}")


def _check_key(public_key: bytes) -> None:
    """Without an attestation nothing has been signed with it so far."""
    from webauthn.helpers import (  # noqa: PLC0415  # see above
        decode_credential_public_key,
        decoded_public_key_to_cryptography,
    )

    decoded_public_key_to_cryptography(decode_credential_public_key(public_key))
