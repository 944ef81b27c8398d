from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from backend.models.users import User, UserQuery
from backend.repositories.base import ListedRepository


class UserRepository(ListedRepository[User, UserQuery], Protocol):
    async def find_by_email(self, email: str) -> User | None:
        """The user with this address, which must be in lower case."""
        ...

    async def find_by_emails(self, emails: Collection[str]) -> list[User]:
        """The users with these addresses, which must be in lower case."""
        ...

    async def lock_active_admins(self) -> set[UUID]:
        """The ids of all active admins, locked until the unit of work ends.

        Whoever may take an admin away calls this before it reads the user, so that two such
        requests at once wait for each other, and in the same order.
        """
        ...
