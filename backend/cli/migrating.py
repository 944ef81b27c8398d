"""Migrations for commands that run them first."""

from backend.cli.runtime import plain_url
from backend.core.config import Settings
from backend.core.migrations import HEAD, upgrade
from backend.core.search_configuration import use_search_configuration


def migrate(settings: Settings, revision: str = HEAD) -> None:
    """Apply migrations, and the settings that concern the schema."""
    upgrade(plain_url(settings), revision)
    use_search_configuration(plain_url(settings), settings.search.configuration)
