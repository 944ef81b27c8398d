"""What a seeder is, and what it may use."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from backend.core.errors import NotFoundError
from backend.core.passwords import PasswordHasher
from backend.core.scopes import FIRST, Within
from backend.models.identity.users import User
from backend.repositories.unit_of_work import ReadingUnitOfWork, UnitOfWorkFactory
from backend.services.assistant.tool_registry import ToolRegistry
from backend.services.files.storage import FileStorage

_NAMESPACE = UUID("8f5a3c1e-6f0b-4a58-9a2d-3f6c5f1f7b10")


@dataclass(frozen=True)
class SeedContext:
    """Due dates are relative to `now`; all other data is the same at each run."""

    uow: UnitOfWorkFactory
    storage: FileStorage
    hasher: PasswordHasher
    password: str
    now: datetime
    scope: Within
    tools: ToolRegistry

    def id_of(self, kind: str, name: str) -> UUID:
        """Like `seed_id`, for rows that each organisation has."""
        if self.scope == FIRST:
            return seed_id(kind, name)
        return seed_id(kind, f"{self.scope.organisation_id}:{name}")


class Seeder(Protocol):
    async def run(self, context: SeedContext) -> int:
        """Add missing rows; returns how many."""
        ...


def seed_id(kind: str, name: str) -> UUID:
    """The same id for the same name at each run, so that a second run finds the rows."""
    return uuid5(_NAMESPACE, f"{kind}:{name}")


async def seeded_user(uow: ReadingUnitOfWork, email: str) -> User:
    user = await uow.users.find_by_email(email)
    if user is None:
        raise NotFoundError(f"There is no user {email}; run `mvp seed one users` first.")
    return user
