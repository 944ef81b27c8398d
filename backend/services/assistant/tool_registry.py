from collections.abc import Sequence
from typing import Any, Protocol

from backend.core.permissions import Permission, SubjectKind
from backend.core.scopes import Scope
from backend.models.assistant.tools import Tool, ToolQuery, ToolUpdate
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.repositories.assistant.unit import AssistantReading, AssistantUnit, AssistantUnits
from backend.services.platform.change_events import created, deleted
from backend.services.platform.crud import CrudService


class ToolDescription(Protocol):
    """The description of a tool in the code. `parameters` is a JSON schema."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def parameters(self) -> dict[str, Any]: ...
    @property
    def permission(self) -> Permission: ...
    @property
    def is_destructive(self) -> bool: ...


class ToolRegistry(CrudService[AssistantUnit, AssistantReading, Tool, ToolQuery, ToolUpdate]):
    """The registry of the assistant's tools. Tools not in it, or not enabled, are not offered."""

    def __init__(self, uow: AssistantUnits, known: Sequence[ToolDescription]) -> None:
        """`known` are the tools of the code."""
        super().__init__(uow, SubjectKind.TOOL, lambda unit: unit.tools)
        self._known = {tool.name: tool for tool in known}

    async def register(self, scope: Scope) -> int:
        """Update the registry to match the code. Returns how many tools are new.

        New tools are enabled; others keep the admins' choice. Tools that the code no longer has are
        deleted.
        """
        async with self._uow(scope) as uow:
            rows = await uow.tools.lock_all()
            for row in rows:
                await self._renew(uow, row)
            new = self._known.keys() - {row.name for row in rows}
            for name in sorted(new):
                row = Tool(name=name, **_described(self._known[name]))
                await uow.tools.add_new(row)
                uow.record(created(SubjectKind.TOOL, row, None))
            await uow.commit()
        return len(new)

    async def _renew(self, uow: AssistantUnit, row: Tool) -> None:
        tool = self._known.get(row.name)
        if tool is None:
            await uow.tools.delete(row)
            uow.record(deleted(SubjectKind.TOOL, row, None))
            return
        before = row.facts()
        row.sqlmodel_update(_described(tool))
        if changes := changes_between(before, row.facts()):
            await uow.tools.save(row)
            uow.record(
                ResourceChanged(
                    kind=SubjectKind.TOOL, verb="updated", subject_id=row.id, changes=changes
                )
            )


def _described(tool: ToolDescription) -> dict[str, Any]:
    return {
        "description": tool.description,
        "parameters": tool.parameters,
        "permission": tool.permission.value,
        "is_destructive": tool.is_destructive,
    }
