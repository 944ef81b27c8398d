"""The tools of the assistant: each module here with `TOOLS` adds them."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from backend.services.assistant.tools.base import AssistantTool


def _found() -> dict[str, AssistantTool[Any]]:
    modules = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
    tools = [tool for module in modules for tool in getattr(module, "TOOLS", ())]
    found = {tool.name: tool for tool in tools}
    if len(found) < len(tools):
        raise ValueError("two tools of the agent have the same name")
    return found


AGENT_TOOLS = _found()
"""By name."""
