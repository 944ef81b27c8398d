"""Runs the steps of a flow."""

import time
from collections.abc import Awaitable
from typing import Any

from backend.core.errors import DomainError
from backend.models.platform.graphs import last_of
from backend.models.workflows.crews import Crew
from backend.models.workflows.flow_nodes import (
    AgentNode,
    ConditionNode,
    CrewNode,
    FlowNode,
    ToolNode,
)
from backend.models.workflows.flow_templates import (
    MissingValueError,
    Path,
    TemplateError,
    render_json,
    render_text,
)
from backend.models.workflows.flows import Flow
from backend.models.workflows.workflow_runs import StepTrace
from backend.services.assistant.tools.base import foreign
from backend.services.workflows.runs.agents import AgentWork, WorkflowAgents
from backend.services.workflows.runs.conditions import holds
from backend.services.workflows.runs.crews import CrewRunner
from backend.services.workflows.runs.ordering import in_order
from backend.services.workflows.runs.steps import RunSteps
from backend.services.workflows.runs.traces import incomplete_in, said_by


class FlowRunner:
    def __init__(self, agents: WorkflowAgents, crews: CrewRunner) -> None:
        self._agents = agents
        self._crews = crews

    async def run(
        self, flow: Flow, given: dict[str, Any], steps: RunSteps
    ) -> dict[str, StepTrace | None]:
        """Return the traces by step; None for skipped ones.

        Raises as `RunSteps.do` does.
        """
        nodes = {node.name: node for node in flow.nodes}
        traces: dict[str, StepTrace | None] = {}

        async def do(name: str) -> None:
            node = nodes[name]
            if _is_reached(flow, name, traces):
                traces[name] = await self._do(node, _values(given, traces), steps)
            else:
                traces[name] = None
                await steps.progress.skip(steps_in(node))

        await in_order(flow.needs, do)
        return {name: traces[name] for name in nodes}

    async def _do(self, node: FlowNode, values: dict[str, Any], steps: RunSteps) -> StepTrace:
        if isinstance(node, CrewNode):
            return await self._do_crew(node, values, steps)

        async def work() -> StepTrace:
            try:
                return await self._work(node, values, steps)
            except TemplateError as error:
                raise DomainError(str(error)) from error

        return await steps.do(node.name, work)

    def _work(
        self, node: FlowNode, values: dict[str, Any], steps: RunSteps
    ) -> Awaitable[StepTrace]:
        match node:
            case AgentNode():
                text = render_text(node.task, values, _marked)
                if node.expected_output:
                    text += f"\n\nExpected output: {node.expected_output}"
                asked = AgentWork(node, text, values["input"], node.output_schema_id)
                return self._agents.ask(steps.run, node.name, asked)
            case ToolNode():
                arguments = render_json(node.arguments, values)
                return self._agents.call(steps.run, node.name, node.tool, arguments)
            case ConditionNode():
                return _decide(node, values)
        raise TypeError(f"A flow has no steps of the kind {node.kind}.")

    async def _do_crew(self, node: CrewNode, values: dict[str, Any], steps: RunSteps) -> StepTrace:
        """Each of its tasks is a step; the combined result needs none."""
        try:
            given = values["input"] if node.input is None else render_json(node.input, values)
        except TemplateError as error:
            raise DomainError(f"The step {node.name} has failed: {error}") from error
        crew = crew_of(node)
        traces = await self._crews.run(crew, given, steps, f"{node.name}/")
        output = {
            name: trace.text if trace.output is None else trace.output
            for name, trace in traces.items()
        }
        last = last_of(crew.needs)
        return StepTrace(
            text=said_by(traces, last),
            output=output,
            incomplete_reason=incomplete_in(traces, last),
        )


def crew_of(node: CrewNode) -> Crew:
    """Return the inline crew: complete definitions contain the stored ones."""
    if node.crew is None:
        raise TypeError(f"The crew of the step {node.name} was not looked up.")
    return node.crew


def steps_in(node: FlowNode) -> int:
    return len(crew_of(node).tasks) if isinstance(node, CrewNode) else 1


def _is_reached(flow: Flow, name: str, traces: dict[str, StepTrace | None]) -> bool:
    edges = flow.edges_to(name)
    return not edges or any(
        (trace := traces[edge.source]) is not None and edge.when in (None, trace.output)
        for edge in edges
    )


def _values(given: dict[str, Any], traces: dict[str, StepTrace | None]) -> dict[str, Any]:
    """Return the values that templates can name."""
    steps = {
        name: None if trace is None else {"text": trace.text, "output": trace.output}
        for name, trace in traces.items()
    }
    return {"input": given, "steps": steps}


def _marked(path: Path, written: str) -> str:
    """Results of steps are data, not instructions, for the agent."""
    return foreign(written) if path.step else written


async def _decide(node: ConditionNode, values: dict[str, Any]) -> StepTrace:
    begun = time.monotonic()
    try:
        left = render_json(node.left, values)
    except MissingValueError:
        left = None
    answer = holds(left, node.operator, render_json(node.right, values))
    seconds = round(time.monotonic() - begun, 3)
    return StepTrace(text="true" if answer else "false", output=answer, seconds=seconds)
