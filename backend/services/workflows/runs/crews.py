"""Runs a crew: its tasks in turn, each with the results of those it needs."""

import json
from typing import Any

from backend.core.errors import DomainError
from backend.models.workflows.crews import Crew, CrewTask
from backend.models.workflows.flow_templates import TemplateError, paths_in, render_text
from backend.models.workflows.workflow_runs import StepTrace
from backend.services.workflows.runs.agents import AgentWork, WorkflowAgents, handed_on
from backend.services.workflows.runs.ordering import in_order
from backend.services.workflows.runs.steps import RunSteps


class CrewRunner:
    def __init__(self, agents: WorkflowAgents) -> None:
        self._agents = agents

    async def run(
        self, crew: Crew, given: dict[str, Any], steps: RunSteps, prefix: str = ""
    ) -> dict[str, StepTrace]:
        """Return the traces of the tasks, by name. `prefix` makes the names of its steps unique.

        Raises as `RunSteps.do` does.
        """
        tasks = {task.name: task for task in crew.tasks}
        needs = crew.needs
        traces: dict[str, StepTrace] = {}

        async def do(name: str) -> None:
            task = tasks[name]
            step = f"{prefix}{name}"

            async def work() -> StepTrace:
                text = _text(task, given, {each: traces[each] for each in needs[name]})
                asked = AgentWork(crew.agent_of(task), text, given, task.output_schema_id)
                return await self._agents.ask(steps.run, step, asked)

            traces[name] = await steps.do(step, work)

        await in_order(needs, do)
        return {name: traces[name] for name in tasks}


def _text(task: CrewTask, given: dict[str, Any], results: dict[str, StepTrace]) -> str:
    """Build the text of a task with its dependencies. A task that names no input gets all of it."""
    try:
        parts = [render_text(task.description, {"input": given})]
    except TemplateError as error:
        raise DomainError(str(error)) from error
    if task.expected_output:
        parts.append(f"Expected output: {task.expected_output}")
    if given and not any(paths_in(task.description)):
        parts.append(f"Input:\n{json.dumps(given, ensure_ascii=False)}")
    if results:
        parts.append(handed_on(results))
    return "\n\n".join(parts)
