"""Runs the agents and tool calls of a definition."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from backend.core.errors import DomainError, UnavailableError
from backend.core.storable import storable_json
from backend.models.assistant.message_parts import CallOutcome
from backend.models.assistant.requests import ToolCallRecord
from backend.models.platform.shortening import shortened
from backend.models.workflows.flow_templates import written
from backend.models.workflows.workflow_parts import AgentProfile
from backend.models.workflows.workflow_runs import StepTrace
from backend.repositories.workflows.unit import WorkflowsReading, WorkflowsUnits
from backend.services.assistant.briefs import AnswerOptions, AssistantBriefs
from backend.services.assistant.engine import AssistantEngine
from backend.services.assistant.responses import taken
from backend.services.assistant.toolbox import Toolbox
from backend.services.assistant.tools.base import CallScope, foreign
from backend.services.background.kinds import ExecutionContext
from backend.services.workflows.runs.traces import MAX_TEXT_CHARACTERS, bounded

_MAX_RESULT_CHARACTERS = 10_000
_MAX_ALL_CHARACTERS = 200_000
_INCOMPLETE = ", which is incomplete"


@dataclass(frozen=True)
class AgentWork:
    """The work of an agent. `given` is the input, from which its prompt takes values."""

    profile: AgentProfile
    text: str
    given: Mapping[str, Any]
    schema_id: UUID | None = None


class WorkflowAgents:
    """They create each row once, however often a step is attempted."""

    def __init__(
        self,
        uow: WorkflowsUnits,
        tasks: AssistantBriefs,
        runner: AssistantEngine,
        toolbox: Toolbox,
    ) -> None:
        self._uow = uow
        self._tasks = tasks
        self._runner = runner
        self._toolbox = toolbox

    async def ask(self, run: ExecutionContext, step: str, work: AgentWork) -> StepTrace:
        """Return one answer. Raises as `AssistantEngine.run` does, or InvalidInputError.

        Also as `Toolbox.offer_all` does: without one of its tools, an agent might make up that it
        has used it.
        """
        begun = time.monotonic()
        by = await run.owner()
        profile = work.profile
        await self._toolbox.offer_all(profile.tools, by, _scope(run, step))
        async with self._uow.reading(run.by) as uow:
            options = AnswerOptions(
                profile.model_config_id,
                prompt=profile.prompt,
                variables=await _variables(uow, profile.prompt, work.given),
                schema_id=work.schema_id,
            )
            task = await self._tasks.prepare(uow, work.text, _scope(run, step), by, options)
        instructions = f"{_who(profile)}\n\n{task.instructions}"
        task = replace(task, instructions=instructions, tools=frozenset(profile.tools))
        answer = await self._runner.run(task, by)
        return StepTrace(
            text=shortened(answer.text, MAX_TEXT_CHARACTERS),
            output=answer.output,
            incomplete_reason=answer.incomplete_reason,
            actions=bounded(taken(answer.parts)),
            usage=answer.usage,
            model=task.model.choice.model,
            seconds=_since(begun),
        )

    async def call(
        self, run: ExecutionContext, step: str, tool: str, arguments: dict[str, Any]
    ) -> StepTrace:
        """Call one tool.

        Raises:
            UnavailableError: something that it needs does not answer now.
            DomainError: it refuses, or is not offered.
        """
        begun = time.monotonic()
        by = await run.owner()
        offered = await self._toolbox.offer(tool, by, _scope(run, step))
        told = await offered.call(arguments)
        result = storable_json(told.result)
        if told.outcome is CallOutcome.REFUSED:
            raise (UnavailableError if told.is_temporary else DomainError)(str(result))
        action = ToolCallRecord(tool=tool, arguments=arguments, outcome=told.outcome, result=result)
        is_planned = told.outcome is CallOutcome.TO_CONFIRM
        return StepTrace(
            text=result["plan"] if is_planned else json.dumps(result, ensure_ascii=False),
            output=result,
            actions=bounded([action]),
            seconds=_since(begun),
        )


def handed_on(results: Mapping[str, StepTrace]) -> str:
    """Quote the results of other steps, marked as data, shortened to a total length."""
    most = min(_MAX_RESULT_CHARACTERS, _MAX_ALL_CHARACTERS // max(1, len(results)))
    return "\n\n".join(
        f"Result of {name}{_INCOMPLETE if trace.incomplete_reason else ''}:\n"
        f"{foreign(shortened(trace.text, most))}"
        for name, trace in results.items()
    )


async def _variables(
    uow: WorkflowsReading, prompt: str | None, given: Mapping[str, Any]
) -> dict[str, str]:
    """Return the parts of the input that the prompt declares."""
    version = await uow.prompts.find_active(prompt) if prompt else None
    declared = {variable.name for variable in version.variables} if version else set()
    return {name: written(value) for name, value in given.items() if name in declared}


def _scope(run: ExecutionContext, step: str) -> CallScope:
    return CallScope(uuid5(run.id, step))


def _who(profile: AgentProfile) -> str:
    goal = f" Your goal: {profile.goal}" if profile.goal else ""
    return f"You work as: {profile.role}.{goal}"


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)
