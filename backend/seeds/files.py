"""Two small text files: one attached to a customer, and a private one."""

from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import NamedTuple
from uuid import UUID

from backend.models.files.files import File
from backend.seeds.base import SeedContext, seed_id, seeded_user
from backend.seeds.customers import CUSTOMERS
from backend.seeds.users import MEMBER


class SeedFile(NamedTuple):
    """`customer` is a place in CUSTOMERS."""

    name: str
    content: str
    customer: int | None


FILES = (
    SeedFile("offer.txt", "Twelve seats, paid yearly: 2880.00 EUR.\n", 5),
    SeedFile("notes to myself.txt", "Ask about the fourth branch.\n", None),
)


class FileSeeder:
    async def run(self, context: SeedContext) -> int:
        added = 0
        for file in FILES:
            async with context.uow(context.scope) as uow:
                owner = await seeded_user(uow, MEMBER.email)
                customer_id = _customer_id(file)
                if customer_id and await uow.customers.find(customer_id) is None:
                    continue
                row = _row(file, owner.id, customer_id, context)
                if await uow.files.add_missing([row]):
                    await context.storage.put(row.storage_key, BytesIO(file.content.encode()))
                    await uow.commit()
                    added += 1
        return added


def _customer_id(file: SeedFile) -> UUID | None:
    if file.customer is None:
        return None
    return seed_id("customer", CUSTOMERS[file.customer].email)


def _row(file: SeedFile, owner_id: UUID, customer_id: UUID | None, context: SeedContext) -> File:
    content = file.content.encode()
    created = context.now - timedelta(days=10)
    return File(
        id=seed_id("file", file.name),
        name=file.name,
        media_type="text/plain",
        size=len(content),
        sha256=sha256(content).hexdigest(),
        owner_id=owner_id,
        customer_id=customer_id,
        created_at=created,
        updated_at=created,
    )
