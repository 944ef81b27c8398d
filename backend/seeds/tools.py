"""Updates the registry of tools to match the code."""

from backend.seeds.base import SeedContext


class ToolSeeder:
    """Unlike other seeders it changes existing rows, except whether a tool is enabled."""

    async def run(self, context: SeedContext) -> int:
        return await context.tools.register(context.scope)
