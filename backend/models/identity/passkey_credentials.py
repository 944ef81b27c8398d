"""What browsers send of passkeys, as `PublicKeyCredential.toJSON()` writes it.

The names are those of the Web Authentication API, and what browsers add is ignored.
"""

from base64 import urlsafe_b64decode
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from backend.models.platform.characters import Form

_BASE64URL = Form(r"^[A-Za-z0-9_-]+$", "be base64url, without padding")

CredentialId = Annotated[str, StringConstraints(min_length=1, max_length=1364), _BASE64URL]
Signed = Annotated[str, StringConstraints(min_length=1, max_length=4_000), _BASE64URL]
Attested = Annotated[str, StringConstraints(min_length=1, max_length=16_000), _BASE64URL]
UserHandle = Annotated[str, StringConstraints(min_length=1, max_length=86), _BASE64URL]

_ID = "ZkT3xL0mQ5qv9cJr2yWbNw"
_CLIENT_DATA = "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiTURGaE1XWmxNRGMifQ"


class _OfBrowser(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    client_data: Signed = Field(alias="clientDataJSON")


class AttestationResponse(_OfBrowser):
    attestation_object: Attested


class AssertionResponse(_OfBrowser):
    authenticator_data: Signed
    signature: Signed
    user_handle: UserHandle = Field(description="Whose account it is, as the passkey has kept it.")


class _Credential(BaseModel):
    id: CredentialId
    type: Literal["public-key"]
    response: _OfBrowser

    def as_sent(self) -> dict[str, Any]:
        """Return it as JSON, as browsers write it."""
        return self.model_dump(by_alias=True) | {"rawId": self.id}

    @property
    def raw_id(self) -> bytes:
        return decoded(self.id)


class AttestedCredential(_Credential):
    """Of `navigator.credentials.create()`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "type": "public-key",
                    "response": {"clientDataJSON": _CLIENT_DATA, "attestationObject": "o2NmbXRk"},
                }
            ]
        }
    )

    response: AttestationResponse


class AssertedCredential(_Credential):
    """Of `navigator.credentials.get()`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "type": "public-key",
                    "response": {
                        "clientDataJSON": _CLIENT_DATA,
                        "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ",
                        "signature": "MEUCIQDQ",
                        "userHandle": "AZdtXo9gfDqbUl0fCmx-AQ",
                    },
                }
            ]
        }
    )

    response: AssertionResponse

    @property
    def user_handle(self) -> bytes:
        return decoded(self.response.user_handle)


def decoded(text: str) -> bytes:
    """Return the bytes of base64url without padding; what no bytes are written as gives none."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) % 4 != 1 else b""
