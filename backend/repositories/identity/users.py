from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from backend.models.identity.users import User, UserQuery
from backend.repositories.platform.base import ListedRepository


class UserRepository(ListedRepository[User, UserQuery], Protocol):
    async def find_by_email(self, email: str, *, for_update: bool = False) -> User | None:
        """The user with this address, which must be in lower case. `for_update` as in `get`."""
        ...

    async def find_by_emails(self, emails: Collection[str]) -> list[User]:
        """The users with these addresses, which must be in lower case."""
        ...

    async def lock_active_admins(self) -> set[UUID]:
        """Return the ids of all active admins, locked against changes until the unit of work ends.

        Only people count, not services.

        Call it before reading a user to change their role or state: such changes wait for each
        other, without holding a row lock.
        """
        ...

    async def is_last_admin(self, user_id: UUID) -> bool:
        """Whether the user is the last active admin of any organisation.

        Locks as `lock_active_admins` does. Where there are many organisations, it is a question for
        a unit of the system.
        """
        ...

    async def due_for_erasure(self) -> list[UUID]:
        """Return those whose owners have asked for it, and the time has come."""
        ...

    async def erased_since(self, moment: datetime) -> list[UUID]:
        """Return those that were erased at this moment or later."""
        ...
