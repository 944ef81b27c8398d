"""Loads commands on demand: a worker needs no web framework, and a server no Alembic."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from typer.core import TyperGroup
from typer.main import get_group

from backend.core.garbage import without_collection

# Each module has an `app`, which is the group of this name, or has the command of this name.
_MODULES: Mapping[str, str] = {
    "serve": "backend.cli.serve",
    "worker": "backend.cli.worker",
    "jobs": "backend.cli.jobs",
    "migrate": "backend.cli.migrate",
    "seed": "backend.cli.seed",
    "user": "backend.cli.users",
    "files": "backend.cli.files",
    "openapi": "backend.cli.info",
    "config": "backend.cli.info",
    "db": "backend.cli.database",
}


class CommandsOnDemand(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        # Typer lists the names, and suggests one for a command that does not exist.
        unloaded: dict[str, Any] = dict.fromkeys(_MODULES)
        self.commands.update(unloaded)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """None if there is no such command."""
        if cmd_name not in _MODULES:
            return None
        with without_collection():
            group = get_group(import_module(_MODULES[cmd_name]).app)
        return group.commands.get(cmd_name, group)
