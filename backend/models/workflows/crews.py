"""Crews: agents, and their tasks, which pass on their results."""

from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from backend.models.platform.graphs import cycle_in, repeated
from backend.models.platform.validation_faults import Faults
from backend.models.workflows.flow_templates import paths_in
from backend.models.workflows.workflow_parts import (
    AgentProfile,
    Assignment,
    Part,
    Purpose,
    StepName,
    WorkName,
)

MAX_AGENTS = 20
MAX_TASKS = 50

CREW_EXAMPLE = {
    "agents": [
        {
            "name": "researcher",
            "role": "Researcher",
            "goal": "Find out what the team knows of somebody.",
            "tools": ["find_customers"],
        },
        {
            "name": "planner",
            "role": "Planner",
            "goal": "Let nobody be forgotten.",
            "tools": ["create_task"],
        },
    ],
    "tasks": [
        {
            "name": "research",
            "description": "Find customers called {{ input.person }}.",
            "expected_output": "Who it is, in a few lines.",
            "agent": "researcher",
        },
        {
            "name": "follow_up",
            "description": "Create a task Call {{ input.person }} tomorrow.",
            "expected_output": "What the call should be about, by what was found.",
            "agent": "planner",
        },
    ],
    "order": "sequential",
}


class TaskOrder(StrEnum):
    """`sequential`: one after the other. `by_dependency`: as soon as its dependencies are done."""

    SEQUENTIAL = "sequential"
    BY_DEPENDENCY = "by_dependency"


class CrewAgent(AgentProfile):
    name: StepName


class CrewTask(Part):
    name: WorkName
    description: Assignment
    expected_output: Purpose = Field(default="", description="The expected form of the answer.")
    agent: StepName = Field(description="The name of the agent that does it.")
    depends_on: list[StepName] = Field(
        default=[], max_length=MAX_TASKS, description="The tasks whose results it receives."
    )
    output_schema_id: UUID | None = Field(
        default=None, description="The id of a schema: the answer is JSON that fits it."
    )


class Crew(Part):
    """In sequential order each task also receives the result of the previous one."""

    agents: list[CrewAgent] = Field(min_length=1, max_length=MAX_AGENTS)
    tasks: list[CrewTask] = Field(min_length=1, max_length=MAX_TASKS)
    order: TaskOrder = TaskOrder.SEQUENTIAL

    @property
    def needs(self) -> dict[str, list[str]]:
        """For each task, by name, the tasks that it waits for and whose results it receives."""
        before: list[str] = []
        needs: dict[str, list[str]] = {}
        for task in self.tasks:
            needs[task.name] = [*dict.fromkeys([*task.depends_on, *before])]
            before = [task.name] if self.order is TaskOrder.SEQUENTIAL else []
        return needs

    def agent_of(self, task: CrewTask) -> CrewAgent:
        return next(agent for agent in self.agents if agent.name == task.agent)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        faults = Faults()
        self._check_names(faults)
        self._check_references(faults)
        self._check_templates(faults)
        faults.refuse_any("Crew")
        if circle := cycle_in(self.needs):
            faults.add(_circle(circle, self.order), "tasks")
        faults.refuse_any("Crew")
        return self

    def _check_names(self, faults: Faults) -> None:
        for field, parts in (("agents", self.agents), ("tasks", self.tasks)):
            for place in repeated(part.name for part in parts):
                name = parts[place].name
                faults.add(f"There is another one called {name}: rename one.", field, place, "name")

    def _check_references(self, faults: Faults) -> None:
        agents, tasks = ({each.name for each in some} for some in (self.agents, self.tasks))
        for place, task in enumerate(self.tasks):
            if task.agent not in agents:
                known = ", ".join(sorted(agents))
                faults.add(
                    f"There is no such agent. The agents are: {known}.", "tasks", place, "agent"
                )
            for number, needed in enumerate(task.depends_on):
                where = ("tasks", place, "depends_on", number)
                if needed == task.name:
                    faults.add("A task can't depend on itself: remove it.", *where)
                elif needed not in tasks:
                    faults.add(f"There is no task called {needed}.", *where)

    def _check_templates(self, faults: Faults) -> None:
        for place, task in enumerate(self.tasks):
            try:
                steps = [path for path in paths_in(task.description) if path.step]
            except ValueError as error:
                faults.add(str(error), "tasks", place, "description")
                continue
            for path in steps:
                faults.add(
                    f"A task can't use {path}: name the task in depends_on to get its result.",
                    "tasks",
                    place,
                    "description",
                )


def _circle(circle: list[str], order: TaskOrder) -> str:
    if order is TaskOrder.SEQUENTIAL:
        return (
            f"A task depends on one that comes later ({', '.join(sorted(set(circle)))}): put it "
            "after that one, or choose the order by_dependency."
        )
    return f"These wait for each other: {' -> '.join(circle)}. Remove one dependency."
