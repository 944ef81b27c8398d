"""Loads commands on demand: a worker needs no web framework, and a server no Alembic."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from typer.core import TyperGroup
from typer.main import get_group

from backend.core.config import ConfigurationError
from backend.core.garbage import without_collection

# Each module has an `app`, which is the group of this name, or has the command of this name.
_MODULES: Mapping[str, str] = {
    "serve": "backend.cli.serve",
    "worker": "backend.cli.worker",
    "jobs": "backend.cli.jobs",
    "migrate": "backend.cli.migrate",
    "seed": "backend.cli.seed",
    "user": "backend.cli.users",
    "key": "backend.cli.keys",
    "organisation": "backend.cli.organisations",
    "files": "backend.cli.files",
    "webhooks": "backend.cli.webhooks",
    "openapi": "backend.cli.info",
    "config": "backend.cli.info",
    "db": "backend.cli.database",
}
# In a clone alone: neither the wheel nor the image has them.
_OF_CLONES: Mapping[str, str] = {
    "init": "scaffold.init.cli",
    "new": "scaffold.new.cli",
    "remove": "scaffold.remove.cli",
}


class CommandsOnDemand(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        # Typer lists the names, and suggests one for a command that does not exist.
        unloaded: dict[str, Any] = dict.fromkeys(_MODULES)
        if find_spec("scaffold") is not None:
            unloaded |= dict.fromkeys(_OF_CLONES)
        self.commands.update(unloaded)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """None if there is no such command."""
        if cmd_name in _OF_CLONES:
            return _of_clone(cmd_name)
        if cmd_name not in _MODULES:
            return None
        with without_collection():
            group = get_group(import_module(_MODULES[cmd_name]).app)
        return group.commands.get(cmd_name, group)


def _of_clone(name: str) -> Any:
    """Raises ConfigurationError where the command or what it needs is not installed."""
    try:
        group = get_group(import_module(_OF_CLONES[name]).app)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"mvp {name} needs a clone with its development dependencies ({error.name} is "
            "missing): run `uv sync` there, then `uv run mvp`."
        ) from None
    return group.commands.get(name, group)
