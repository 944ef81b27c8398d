from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from backend.models.identity.users import User, UserQuery
from backend.repositories.platform.base import ListedRepository


class UserRepository(ListedRepository[User, UserQuery], Protocol):
    async def find_by_email(self, email: str) -> User | None:
        """The user with this address, which must be in lower case."""
        ...

    async def find_by_emails(self, emails: Collection[str]) -> list[User]:
        """The users with these addresses, which must be in lower case."""
        ...

    async def lock_active_admins(self) -> set[UUID]:
        """The ids of all active admins, which nobody else changes until the unit of work ends.

        Whoever changes a role, or whether somebody is active, calls this before it reads the
        user: all who do so wait for each other, and hold no row meanwhile.
        """
        ...
