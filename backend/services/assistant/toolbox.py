"""The tools offered to the model for a person, and their calls."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from backend.core.errors import (
    ConflictError,
    DomainError,
    UnavailableError,
    fault_in_words,
    in_words,
)
from backend.core.permissions import Principal
from backend.models.assistant.message_parts import CallOutcome
from backend.models.assistant.planned_actions import PlannedAction
from backend.repositories.assistant.unit import AssistantUnits
from backend.services.assistant.language_models import OfferedTool, ToolOutcome
from backend.services.assistant.plans import Plans
from backend.services.assistant.tools.base import (
    AssistantTool,
    CallScope,
    ToolContext,
    ToolDependencies,
    as_agent,
)
from backend.services.identity.rights import PresentRights

MAX_PARALLEL = 4
"""Concurrent calls in one answer: each may need a database connection."""
MAX_RESULT_BYTES = 200_000
"""Bytes of JSON in one result."""
MAX_ALL_RESULTS_BYTES = 1_000_000
"""The same for all calls of one answer: the model reads them again at each step."""
_ENOUGH = f"All tools together returned {MAX_ALL_RESULTS_BYTES:,} bytes, which is the limit."
_TOO_MUCH = f"It found more than {MAX_RESULT_BYTES:,} bytes: request less, with a limit."
_MAX_FAULTS = 20
_LONGEST_FAULT = 500

Tools = Mapping[str, AssistantTool[Any]]


class _Bounds:
    """The state shared by the calls of one answer."""

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(MAX_PARALLEL)
        self.left = MAX_ALL_RESULTS_BYTES


@dataclass(frozen=True)
class ToolCall:
    """A tool as one answer calls it: with the person's rights, and within the answer's bounds."""

    toolbox: "Toolbox"
    tool: AssistantTool[Any]
    by: Principal
    scope: CallScope
    bounds: _Bounds

    async def __call__(self, arguments: dict[str, Any]) -> ToolOutcome:
        """Call the tool. A refusal is an outcome, not an error.

        Raises:
            DomainError: the person has lost their rights; see `PresentRights.of`.
        """
        async with self.bounds.slots:
            if self.bounds.left <= 0:
                return ToolOutcome(CallOutcome.REFUSED, _ENOUGH)
            try:
                outcome = await self.toolbox.call(self.tool, arguments, self.by, self.scope)
            except Exception as error:
                error.add_note(f"The tool {self.tool.name} was called.")
                raise
            self.bounds.left -= len(to_json(outcome.result))
            return outcome


class Toolbox:
    """Whatever a model says: a tool works with the person's current rights, and nobody else's."""

    def __init__(
        self,
        uow: AssistantUnits,
        tools: Tools,
        services: ToolDependencies,
        plans: Plans,
        rights: PresentRights,
    ) -> None:
        self._uow = uow
        self._tools = tools
        self._available = [
            tool
            for tool in tools.values()
            if tool.is_available is None or tool.is_available(services)
        ]
        self._services = services
        self._plans = plans
        self._rights = rights

    async def offered(
        self, by: Principal, scope: CallScope, names: Collection[str] | None = None
    ) -> list[OfferedTool]:
        """Return the enabled tools that the person may use; only the named ones, if any."""
        if names is not None and not names:
            return []
        enabled = await self._enabled(by)
        wanted = enabled if names is None else enabled & set(names)
        permissions, bounds = by.permissions, _Bounds()
        return [
            OfferedTool(
                tool.name,
                tool.description,
                tool.parameters,
                ToolCall(self, tool, by, scope, bounds),
                is_reading=tool.is_reading,
            )
            for tool in self._available
            if tool.name in wanted and tool.permission in permissions
        ]

    async def offer(self, name: str, by: Principal, scope: CallScope) -> OfferedTool:
        """One tool. Raises as `offer_all` does."""
        (tool,) = await self.offer_all([name], by, scope)
        return tool

    async def offer_all(
        self, names: Collection[str], by: Principal, scope: CallScope
    ) -> list[OfferedTool]:
        """All of these tools.

        Raises:
            PermissionDeniedError: the person may not use one of them.
            ConflictError: one is switched off, no longer exists, or is not available here.
        """
        for name in names:
            if name in self._tools:
                self._tools[name].require_permission(by)
        offered = await self.offered(by, scope, names)
        found = {tool.name for tool in offered}
        for name in names:
            if name not in found:
                raise ConflictError(f"The tool {name} is switched off or no longer exists.")
        return offered

    async def call(
        self, tool: AssistantTool[Any], arguments: dict[str, Any], by: Principal, scope: CallScope
    ) -> ToolOutcome:
        """Call an offered tool. Raises as `ToolCall` does."""
        by = await self._rights.of(by)
        try:
            by.require(tool.permission)
            given = tool.arguments.model_validate(arguments)
            context = ToolContext(self._services, as_agent(by), scope.key(tool.name, given, by))
            if tool.plan is not None:
                plan = await tool.plan(given, context)
                return _to_confirm(await self._plans.keep(tool.name, given, plan, context, scope))
            result = await tool.run(given, context)
            if len(to_json(result)) > MAX_RESULT_BYTES:
                return ToolOutcome(CallOutcome.REFUSED, _TOO_MUCH)
            return ToolOutcome(CallOutcome.DONE, result)
        except ValidationError as error:
            return ToolOutcome(CallOutcome.REFUSED, faults_of(error))
        except DomainError as error:
            is_temporary = isinstance(error, UnavailableError)
            return ToolOutcome(CallOutcome.REFUSED, in_words(error), is_temporary)

    async def perform(self, action: PlannedAction, by: Principal) -> dict[str, Any]:
        """Do an action that the person has confirmed.

        Raises:
            DomainError: it is no longer possible, or the person may no longer do it.
        """
        tool = self._tools.get(action.tool)
        if tool is None or action.tool not in await self._enabled(by):
            raise ConflictError(f"The tool {action.tool} is switched off or no longer exists.")
        by = await self._rights.of(by)
        by.require(tool.permission)
        try:
            given = tool.arguments.model_validate(action.arguments)
        except ValidationError as error:
            raise ConflictError(
                f"The arguments of the tool have changed: {faults_of(error)}."
            ) from error
        scope = CallScope(action.id, action.chat_id)
        context = ToolContext(self._services, as_agent(by), scope.key(tool.name, given, by))
        return await tool.run(given, context)

    async def _enabled(self, by: Principal) -> set[str]:
        async with self._uow.reading(by) as uow:
            return await uow.tools.enabled_names()


def _to_confirm(action: PlannedAction) -> ToolOutcome:
    told = {
        "action_id": str(action.id),
        "plan": action.plan,
        "expires_at": action.expires_at.isoformat(),
        "note": "Nothing was done. Tell the person the plan, and that they have to confirm it.",
    }
    return ToolOutcome(CallOutcome.TO_CONFIRM, told)


def faults_of(error: ValidationError) -> str:
    """Return the first invalid fields with their errors, so that the model can correct its call."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    faults = [
        f"{'.'.join(map(str, each['loc']))}: {fault_in_words(each)}" for each in found[:_MAX_FAULTS]
    ]
    more = [f"and {len(found) - _MAX_FAULTS} more"] if len(found) > _MAX_FAULTS else []
    return "; ".join([fault[:_LONGEST_FAULT] for fault in faults] + more)
