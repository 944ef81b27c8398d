"""Seeding for synchronous callers."""

from collections.abc import Sequence

from backend.cli.runtime import with_units_of_work
from backend.core.config import Settings
from backend.core.passwords import PasswordHasher
from backend.core.scopes import FIRST, FIRST_ORGANISATION, SYSTEM, Within
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.seeds.base import seeded_user
from backend.seeds.passwords import seed_password_holds
from backend.seeds.runner import DEFAULTS, SEEDERS, Seeded, seed
from backend.seeds.users import ADMIN
from backend.wiring import seed_context


def run_seeders(
    settings: Settings, names: Sequence[str] = tuple(SEEDERS), within: Within = FIRST
) -> list[Seeded]:
    """Raises NotFoundError as `seed` does."""
    return with_units_of_work(
        settings, lambda uow: seed(seed_context(settings, uow, within), names)
    )


def run_seeders_everywhere(settings: Settings, names: Sequence[str]) -> list[Seeded]:
    """Like `run_seeders`; where there are many organisations, all get the defaults."""
    done = run_seeders(settings, names)
    if not settings.database.has_many_organisations:
        return done
    defaults = [name for name in names if name in DEFAULTS]
    for within in with_units_of_work(settings, _others):
        done += run_seeders(settings, defaults, within)
    return done


async def _others(uow: UnitOfWorkFactory) -> list[Within]:
    async with uow.reading(SYSTEM) as unit:
        organisations = await unit.organisations.all()
    return [Within(each.id) for each in organisations if each.id != FIRST_ORGANISATION]


def admin_has_seed_password(settings: Settings) -> bool:
    """Whether the seeded admin has SEED_PASSWORD as password."""
    password = settings.seed.password.get_secret_value()

    async def compare(uow: UnitOfWorkFactory) -> bool:
        async with uow.reading(SYSTEM) as unit:
            admin = await seeded_user(unit, ADMIN.email)
        return await seed_password_holds(password, admin.password_hash, PasswordHasher())

    return with_units_of_work(settings, compare)
