"""The references of a definition, with their locations."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from backend.models.workflows.crews import Crew
from backend.models.workflows.flow_nodes import AgentNode, ConditionNode, CrewNode, ToolNode
from backend.models.workflows.flow_templates import Path, paths_in
from backend.models.workflows.flows import Flow
from backend.models.workflows.workflow_parts import AgentProfile


@dataclass(frozen=True)
class Needed:
    """One reference; the other fields are None."""

    place: str
    tool: str | None = None
    prompt: str | None = None
    model_config_id: UUID | None = None
    schema_id: UUID | None = None


def needed_by(definition: Crew | Flow, place: str = "definition") -> Iterator[Needed]:
    if isinstance(definition, Crew):
        yield from _needed_by_crew(definition, place)
        return
    for number, node in enumerate(definition.nodes):
        where = f"{place}.nodes.{number}"
        if isinstance(node, CrewNode) and node.crew is not None:
            yield from _needed_by_crew(node.crew, f"{where}.crew")
        elif isinstance(node, AgentNode):
            yield from _needed_by_agent(node, where)
            yield Needed(f"{where}.output_schema_id", schema_id=node.output_schema_id)
        elif isinstance(node, ToolNode):
            yield Needed(f"{where}.tool", tool=node.tool)


def input_paths(definition: Crew | Flow) -> Iterator[Path]:
    """Return the required input values."""
    if isinstance(definition, Crew):
        for task in definition.tasks:
            yield from paths_in(task.description)
        return
    for node in definition.nodes:
        for field, value in node.templates():
            # A condition may check whether such a value exists.
            if not isinstance(node, ConditionNode) or field != "left":
                yield from (path for path in paths_in(value) if path.step is None)
        if isinstance(node, CrewNode) and node.crew is not None and node.input is None:
            yield from input_paths(node.crew)


def _needed_by_crew(crew: Crew, place: str) -> Iterator[Needed]:
    for number, agent in enumerate(crew.agents):
        yield from _needed_by_agent(agent, f"{place}.agents.{number}")
    for number, task in enumerate(crew.tasks):
        where = f"{place}.tasks.{number}.output_schema_id"
        yield Needed(where, schema_id=task.output_schema_id)


def _needed_by_agent(agent: AgentProfile, place: str) -> Iterator[Needed]:
    for number, tool in enumerate(agent.tools):
        yield Needed(f"{place}.tools.{number}", tool=tool)
    yield Needed(f"{place}.prompt", prompt=agent.prompt)
    yield Needed(f"{place}.model_config_id", model_config_id=agent.model_config_id)
