from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from backend.models.identity.passkeys import Passkey, PasskeyQuery, UsedChallenge
from backend.models.platform.paging import Page
from backend.repositories.platform.base import ListedRepository


class PasskeyRepository(ListedRepository[Passkey, PasskeyQuery], Protocol):
    async def find_by_credential(self, credential_id: bytes) -> Passkey | None:
        """Return the passkey by the id that browsers find it by."""
        ...

    async def owner_of(self, credential_id: bytes) -> UUID | None:
        """Return the user of the passkey."""
        ...

    async def page_of(self, user_id: UUID, query: PasskeyQuery) -> Page[Passkey]:
        """Return the passkeys of a user."""
        ...

    async def credentials_of(self, user_id: UUID) -> Sequence[bytes]:
        """Return the ids that browsers find the passkeys of a user by."""
        ...

    async def remove_of(self, user_id: UUID) -> list[Passkey]:
        """Delete all passkeys of a user; returns them. Lock the user first."""
        ...

    async def use_challenge(self, challenge: UsedChallenge) -> bool:
        """Record that a challenge is used. Of concurrent callers, one gets True."""
        ...
