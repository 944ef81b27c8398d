"""Runs seeders in an order in which each finds the rows that it refers to."""

from collections.abc import Sequence
from typing import NamedTuple

from backend.core.errors import NotFoundError
from backend.seeds.base import SeedContext, Seeder
from backend.seeds.customers import CustomerSeeder
from backend.seeds.executions import ExecutionSeeder
from backend.seeds.files import FileSeeder
from backend.seeds.leads import LeadSeeder
from backend.seeds.model_configs import ModelConfigSeeder
from backend.seeds.modules import ModuleSeeder
from backend.seeds.notifications import NotificationSeeder
from backend.seeds.output_schemas import SchemaSeeder
from backend.seeds.products import ProductSeeder
from backend.seeds.prompts import TemplateSeeder
from backend.seeds.tasks import TaskSeeder
from backend.seeds.tools import ToolSeeder
from backend.seeds.users import UserSeeder
from backend.seeds.workflows import WorkflowSeeder

DEFAULTS: dict[str, Seeder] = {
    "model_configs": ModelConfigSeeder(),
    "tools": ToolSeeder(),
    "schemas": SchemaSeeder(),
    "templates": TemplateSeeder(),
}
"""What production needs too."""

EXAMPLES: dict[str, Seeder] = {
    "users": UserSeeder(),
    "customers": CustomerSeeder(),
    "products": ProductSeeder(),
    "leads": LeadSeeder(),
    "modules": ModuleSeeder(),
    "tasks": TaskSeeder(),
    "files": FileSeeder(),
    "executions": ExecutionSeeder(),
    "workflows": WorkflowSeeder(),
    "notifications": NotificationSeeder(),
}
"""People and their work, for development: their password is known."""

SEEDERS = DEFAULTS | EXAMPLES


class Seeded(NamedTuple):
    name: str
    added: int


async def seed(context: SeedContext, names: Sequence[str] = tuple(SEEDERS)) -> list[Seeded]:
    """Run the named seeders, by default all, each in its own transaction.

    Raises:
        NotFoundError: there is no seeder with such a name, or a seeder needs another to run first.
    """
    for name in names:
        if name not in SEEDERS:
            known = ", ".join(SEEDERS)
            raise NotFoundError(f"There is no seeder {name!r}. The seeders are: {known}.")
    return [Seeded(name, await SEEDERS[name].run(context)) for name in names]
