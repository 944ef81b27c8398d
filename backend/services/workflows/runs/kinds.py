"""The kinds of executions `crew` and `flow`."""

from collections.abc import Iterable
from typing import Generic

from pydantic import ValidationError

from backend.core.errors import DomainError, InvalidInputError
from backend.core.permissions import Means, Permission, Principal
from backend.models.platform.graphs import last_of
from backend.models.workflows.crews import Crew
from backend.models.workflows.flow_templates import MissingValueError
from backend.models.workflows.flows import Flow
from backend.models.workflows.workflow_parts import DEFINITION_STEP
from backend.models.workflows.workflow_runs import (
    CrewInputs,
    FlowInputs,
    WorkflowInputs,
    WorkflowResult,
)
from backend.models.workflows.workflows import WorkflowKind
from backend.repositories.workflows.unit import WorkflowsUnits
from backend.services.assistant.plans import Plans
from backend.services.assistant.tools import AGENT_TOOLS
from backend.services.assistant.wiring import AssistantServices
from backend.services.background.kinds import ExecutionContext, RegisteredKind
from backend.services.workflows.runs.agents import WorkflowAgents
from backend.services.workflows.runs.crews import CrewRunner
from backend.services.workflows.runs.definitions import Definitions
from backend.services.workflows.runs.flows import FlowRunner, steps_in
from backend.services.workflows.runs.needs import input_paths
from backend.services.workflows.runs.steps import RunSteps
from backend.services.workflows.runs.stored import Definition
from backend.services.workflows.runs.traces import Traces, result_of

_OTHER_VERSION = "Another version of the program has begun this run: start a new one."


class _StoredKind(Generic[Definition]):
    """The base of both kinds. The first step stores the definition for all attempts."""

    def __init__(
        self,
        uow: WorkflowsUnits,
        kind: WorkflowKind,
        model: type[Definition],
        definitions: Definitions,
        plans: Plans,
    ) -> None:
        self._uow = uow
        self._plans = plans
        self._kind = kind
        self._model: type[Definition] = model
        self._definitions = definitions

    async def name(self, inputs: WorkflowInputs, found: None, by: Principal) -> str:
        """Return the name of the stored workflow, if any."""
        if inputs.workflow_id is not None:
            async with self._uow.reading(by) as uow:
                if workflow := await uow.workflows.find(inputs.workflow_id):
                    return workflow.name
        return f"A {self._kind} of its own"

    async def _check(self, inputs: WorkflowInputs, by: Principal) -> None:
        by.require(Permission.ASSISTANT_USE)
        if inputs.workflow_id is not None:
            by.require(Permission.WORKFLOWS_READ)
        if by.means is Means.JOB:
            # A restarted run keeps its original definition: see `_pinned`.
            return
        definition = await self._definitions.load(self._kind, self._model, inputs, by)
        await self._definitions.check(definition, by)
        for path in input_paths(definition):
            try:
                path.find({"input": inputs.input})
            except MissingValueError as error:
                raise InvalidInputError(
                    str(path), f"The definition uses {error.path}: send it.", "missing"
                ) from error

    async def _pinned(self, inputs: WorkflowInputs, run: ExecutionContext) -> Definition:
        async def load() -> dict[str, object]:
            definition = await self._definitions.load(self._kind, self._model, inputs, run.by)
            return definition.model_dump(mode="json")

        stored = await run.step(DEFINITION_STEP, load)
        try:
            definition = self._model.model_validate(stored)
        except ValidationError as error:
            raise DomainError(_OTHER_VERSION) from error
        await self._definitions.check(definition, run.by)
        return definition

    async def _result(self, traces: Traces, steps: RunSteps, last: Iterable[str]) -> WorkflowResult:
        """Return the result, which tells the owner for the first time what waits for them."""
        result = result_of(traces, steps.kept.values(), last)
        await self._plans.wait_from_now(result.planned, steps.run.by)
        return result


class CrewKind(_StoredKind[Crew]):
    def __init__(
        self, uow: WorkflowsUnits, definitions: Definitions, plans: Plans, crews: CrewRunner
    ) -> None:
        super().__init__(uow, WorkflowKind.CREW, Crew, definitions, plans)
        self._crews = crews

    async def check(self, inputs: CrewInputs, by: Principal) -> None:
        """
        Raises:
            PermissionDeniedError: the person may not run it, or use one of its tools.
            InvalidInputError: something that it names does not exist, or its input lacks a value.
        """
        await self._check(inputs, by)

    async def run(self, inputs: CrewInputs, run: ExecutionContext, found: None) -> WorkflowResult:
        """Raises as `RunSteps.do` does."""
        crew = await self._pinned(inputs, run)
        steps = RunSteps(run, len(crew.tasks))
        traces = await self._crews.run(crew, inputs.input, steps)
        return await self._result(traces, steps, last_of(crew.needs))


class FlowKind(_StoredKind[Flow]):
    def __init__(
        self, uow: WorkflowsUnits, definitions: Definitions, plans: Plans, flows: FlowRunner
    ) -> None:
        super().__init__(uow, WorkflowKind.FLOW, Flow, definitions, plans)
        self._flows = flows

    async def check(self, inputs: FlowInputs, by: Principal) -> None:
        """Raises as for a crew."""
        await self._check(inputs, by)

    async def run(self, inputs: FlowInputs, run: ExecutionContext, found: None) -> WorkflowResult:
        """Raises as `RunSteps.do` does."""
        flow = await self._pinned(inputs, run)
        steps = RunSteps(run, sum(map(steps_in, flow.nodes)))
        traces = await self._flows.run(flow, inputs.input, steps)
        return await self._result(traces, steps, last_of(flow.needs))


def workflow_kinds(uow: WorkflowsUnits, assistant: AssistantServices) -> dict[str, RegisteredKind]:
    """By name."""
    agents = WorkflowAgents(uow, assistant.tasks, assistant.runner, assistant.toolbox)
    crews, definitions = CrewRunner(agents), Definitions(uow, AGENT_TOOLS)
    plans = assistant.plans
    crew = CrewKind(uow, definitions, plans, crews)
    flow = FlowKind(uow, definitions, plans, FlowRunner(agents, crews))
    return {
        "crew": RegisteredKind(crew, CrewInputs, crew.name),
        "flow": RegisteredKind(flow, FlowInputs, flow.name),
    }
