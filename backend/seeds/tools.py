"""The registry of tools, brought to what the code says."""

from backend.seeds.base import SeedContext


class ToolSeeder:
    """Unlike others it changes what is there, but for whether a tool is enabled."""

    async def run(self, context: SeedContext) -> int:
        return await context.tools.register()
