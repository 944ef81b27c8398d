"""Flows: a graph of steps, some of which conditions may skip."""

from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, model_validator

from backend.models.platform.graphs import ancestors_of, cycle_in, repeated
from backend.models.platform.validation_faults import Faults
from backend.models.workflows.flow_nodes import AnyNode, FlowEdge, NodeKind
from backend.models.workflows.flow_templates import paths_in
from backend.models.workflows.workflow_parts import Part

MAX_NODES = 50
MAX_EDGES = 200

FLOW_EXAMPLE: dict[str, Any] = {
    "nodes": [
        {
            "name": "find",
            "kind": "tool",
            "tool": "find_tasks",
            "arguments": {"status": ["open"], "q": "{{ input.about }}"},
        },
        {
            "name": "any_left",
            "kind": "condition",
            "left": "{{ steps.find.output.items }}",
            "operator": "exists",
        },
        {
            "name": "summarise",
            "kind": "agent",
            "role": "Assistant of the team",
            "task": "Summarise the customer {{ input.about }}.\n\n"
            "Their open tasks:\n{{ steps.find.output.items }}",
            "tools": ["find_customers", "customer_timeline"],
        },
    ],
    "edges": [
        {"from": "find", "to": "any_left"},
        {"from": "any_left", "to": "summarise", "when": True},
    ],
}


class Flow(Part):
    """A step runs when all steps before it are done or skipped, unless all of them were skipped."""

    nodes: list[AnyNode] = Field(min_length=1, max_length=MAX_NODES)
    edges: list[FlowEdge] = Field(default=[], max_length=MAX_EDGES)

    @property
    def needs(self) -> dict[str, list[str]]:
        """For each step, by name, the steps that it waits for."""
        needs: dict[str, list[str]] = {node.name: [] for node in self.nodes}
        for edge in self.edges:
            needs[edge.target].append(edge.source)
        return needs

    def edges_to(self, name: str) -> list[FlowEdge]:
        return [edge for edge in self.edges if edge.target == name]

    def fields_with_templates(self) -> Iterator[tuple[int, str, Any]]:
        """Yield the index of a node, the name of a field, and its value."""
        for place, node in enumerate(self.nodes):
            for field, value in node.templates():
                yield place, field, value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        faults = Faults()
        for place in repeated(node.name for node in self.nodes):
            name = self.nodes[place].name
            faults.add(f"There is another one called {name}: rename one.", "nodes", place, "name")
        self._check_edges(faults)
        faults.refuse_any("Flow")
        if circle := cycle_in(self.needs):
            faults.add(
                f"These steps wait for each other: {' -> '.join(circle)}. Remove one edge.",
                "edges",
            )
        faults.refuse_any("Flow")
        self._check_templates(faults)
        faults.refuse_any("Flow")
        return self

    def _check_edges(self, faults: Faults) -> None:
        kinds = {node.name: node.kind for node in self.nodes}
        ends = [(edge.source, edge.target, edge.when) for edge in self.edges]
        for place in repeated(map(str, ends)):
            faults.add("This edge occurs twice: remove one.", "edges", place)
        for place, edge in enumerate(self.edges):
            for field, name in (("from", edge.source), ("to", edge.target)):
                if name not in kinds:
                    faults.add(f"There is no step called {name}.", "edges", place, field)
            if edge.source == edge.target:
                faults.add("A step can't come after itself.", "edges", place, "to")
            is_condition = kinds.get(edge.source) is NodeKind.CONDITION
            if is_condition and edge.when is None:
                faults.add("An edge from a condition needs true or false.", "edges", place, "when")
            elif not is_condition and edge.when is not None and edge.source in kinds:
                faults.add("Only edges from conditions may have this.", "edges", place, "when")

    def _check_templates(self, faults: Faults) -> None:
        needs = self.needs
        for place, field, value in self.fields_with_templates():
            where = ("nodes", place, field)
            try:
                named = {path.step for path in paths_in(value)} - {None}
            except ValueError as error:
                faults.add(str(error), *where)
                continue
            for step in sorted(map(str, named - ancestors_of(self.nodes[place].name, needs))):
                faults.add(
                    f"{step} is not a step before this one: add an edge from there to "
                    "here, or remove it from the template.",
                    *where,
                )
