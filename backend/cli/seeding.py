"""Seeding for synchronous callers."""

from collections.abc import Sequence
from datetime import UTC, datetime

from backend.cli.runtime import with_units_of_work
from backend.core.config import Settings
from backend.core.passwords import PasswordHasher
from backend.core.scopes import FIRST, SYSTEM
from backend.integrations.files.storage import open_storage
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.seeds.base import SeedContext, seeded_user
from backend.seeds.passwords import seed_password_holds
from backend.seeds.runner import SEEDERS, Seeded, seed
from backend.seeds.users import ADMIN
from backend.services.assistant.wiring import tool_service


def run_seeders(settings: Settings, names: Sequence[str] = tuple(SEEDERS)) -> list[Seeded]:
    """Raises NotFoundError as `seed` does."""
    return with_units_of_work(settings, lambda uow: seed(_context(settings, uow), names))


def admin_has_seed_password(settings: Settings) -> bool:
    """Whether the seeded admin has SEED_PASSWORD as password."""
    password = settings.seed.password.get_secret_value()

    async def compare(uow: UnitOfWorkFactory) -> bool:
        async with uow.reading(SYSTEM) as unit:
            admin = await seeded_user(unit, ADMIN.email)
        return await seed_password_holds(password, admin.password_hash, PasswordHasher())

    return with_units_of_work(settings, compare)


def _context(settings: Settings, uow: UnitOfWorkFactory) -> SeedContext:
    password = settings.seed.password.get_secret_value()
    storage = open_storage(settings.files_url)
    return SeedContext(
        uow=uow,
        storage=storage,
        hasher=PasswordHasher(),
        password=password,
        now=datetime.now(UTC),
        scope=FIRST,
        tools=tool_service(uow),
    )
