"""Two workspaces of the seeded member."""

from datetime import timedelta

from backend.models.tasks.modules import Module
from backend.seeds.base import SeedContext, seed_id, seeded_user
from backend.seeds.users import MEMBER

MODULES = (
    ("Renewals", "Contracts that end this year."),
    ("Spring fair", "Whom we met, and what we have promised them."),
)


class ModuleSeeder:
    async def run(self, context: SeedContext) -> int:
        created = context.now - timedelta(days=30)
        async with context.uow(context.scope) as uow:
            owner = await seeded_user(uow, MEMBER.email)
            rows = [
                Module(
                    id=seed_id("module", title),
                    title=title,
                    description=description,
                    position=position,
                    owner_id=owner.id,
                    created_at=created,
                    updated_at=created,
                )
                for position, (title, description) in enumerate(MODULES, start=1)
            ]
            added = await uow.modules.add_missing(rows)
            await uow.commit()
        return added
