from typing import Protocol

from backend.models.identity.provider_sign_ins import ProviderSignIn
from backend.repositories.platform.base import Repository


class ProviderSignInRepository(Repository[ProviderSignIn], Protocol):
    async def use(self, code_hash: str, code_challenge: str) -> ProviderSignIn | None:
        """Return the one with this code, and mark it as used.

        None if it was used, has expired, or was begun by another client. Of concurrent callers, one
        gets it.
        """
        ...
