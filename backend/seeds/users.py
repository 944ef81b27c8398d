"""One user of each role."""

from typing import NamedTuple

from backend.core.permissions import Role
from backend.models.identity.users import User
from backend.seeds.base import SeedContext, seed_id
from backend.seeds.passwords import hash_seed_password


class SeedUser(NamedTuple):
    email: str
    full_name: str
    role: Role


ADMIN = SeedUser("admin@example.com", "Ada Lovelace", Role.ADMIN)
MANAGER = SeedUser("manager@example.com", "Grace Hopper", Role.MANAGER)
MEMBER = SeedUser("member@example.com", "Katherine Johnson", Role.MEMBER)
VIEWER = SeedUser("viewer@example.com", "Annie Easley", Role.VIEWER)
GUEST = SeedUser("guest@example.com", "Mary Jackson", Role.GUEST)
USERS = (ADMIN, MANAGER, MEMBER, VIEWER, GUEST)


class UserSeeder:
    async def run(self, context: SeedContext) -> int:
        async with context.uow.reading(context.scope) as uow:
            missing = [user for user in USERS if not await uow.users.find_by_email(user.email)]
        if not missing:
            return 0
        # Hashing takes a while: done without a connection, and once for the shared password.
        password_hash = await hash_seed_password(context.password, context.hasher)
        rows = [
            User(
                id=seed_id("user", user.email),
                password_hash=password_hash,
                created_at=context.now,
                updated_at=context.now,
                email_verified_at=context.now,
                **user._asdict(),
            )
            for user in missing
        ]
        async with context.uow(context.scope) as uow:
            added = await uow.users.add_missing(rows)
            await uow.commit()
        return added
