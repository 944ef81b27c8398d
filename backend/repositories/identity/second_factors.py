from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from backend.models.identity.second_factors import SecondFactor


class SecondFactorRepository(Protocol):
    """Lock the user before anything is changed."""

    async def find_of(self, user_id: UUID) -> SecondFactor | None:
        """Return the factor of a user, in use or being set up."""
        ...

    async def replace(self, factor: SecondFactor) -> None:
        """Save the factor of a user instead of the one before, if any."""
        ...

    async def use_step(self, user_id: UUID, step: int) -> bool:
        """Use the code of a step of time. False if it, or a later one, was used before."""
        ...

    async def replace_recovery_codes(self, user_id: UUID, hashes: Iterable[str]) -> None:
        """Save new recovery codes; older ones are gone, used or not."""
        ...

    async def use_recovery_code(self, user_id: UUID, code_hash: str) -> bool:
        """Of concurrent callers, one gets True."""
        ...

    async def count_recovery_codes(self, user_id: UUID) -> int:
        """Return how many were not used."""
        ...

    async def remove_of(self, user_id: UUID) -> None:
        """Remove the factor and the recovery codes of a user."""
        ...
