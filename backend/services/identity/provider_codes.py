"""Codes that were handed over for somebody whom a provider vouches for."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from backend.core.errors import InvalidInputError
from backend.core.security import token_hash
from backend.models.identity.provider_sign_ins import CodeRedemption, ProviderSignIn
from backend.repositories.identity.unit import IdentityUnit


async def use_code(uow: IdentityUnit, data: CodeRedemption) -> ProviderSignIn:
    """Return who has come back, and use the code if the unit commits.

    Raises:
        InvalidInputError: the code was used, has expired, or was handed over to another client.
    """
    challenge = code_challenge(data.code_verifier)
    arrived = await uow.provider_sign_ins.use(token_hash(data.code), challenge)
    if arrived is None:
        detail = "The code is invalid, was used before or has expired. Begin again."
        raise InvalidInputError("code", detail, "invalid_code")
    return arrived


def code_challenge(verifier: str) -> str:
    """Return what a client sends at the start for a secret that it keeps (RFC 7636, `S256`)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
