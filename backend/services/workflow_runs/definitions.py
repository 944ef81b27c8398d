"""What an execution is to run: looked up, and checked for the person who runs it."""

from collections.abc import Callable, Iterator
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from backend.core.errors import InvalidInputError, unknown_reference
from backend.core.permissions import Principal
from backend.models.crews import Crew
from backend.models.flow_nodes import CrewNode, FlowNode
from backend.models.flows import Flow
from backend.models.workflow_runs import WorkflowInputs
from backend.models.workflows import WorkflowKind
from backend.repositories.unit_of_work import ReadingUnitOfWork, UnitOfWorkFactory
from backend.services.agent_toolbox import Tools
from backend.services.workflow_runs.needs import Needed, needed_by
from backend.services.workflows import no_version

Definition = TypeVar("Definition", Crew, Flow)

_UNREADABLE = "It was stored by another version of the program: add a version of it, and run that."


class Definitions:
    def __init__(self, uow: UnitOfWorkFactory, tools: Tools) -> None:
        self._uow = uow
        self._tools = tools

    async def load(
        self, kind: WorkflowKind, model: type[Definition], inputs: WorkflowInputs
    ) -> Definition:
        """Complete, with the stored crews that a flow names.

        Raises:
            InvalidInputError: there is no such workflow or version, or it is of the other kind.
        """
        async with self._uow.reading() as uow:
            if inputs.workflow_id is None:
                definition = model.model_validate(inputs.definition)
            else:
                definition = await _stored(
                    uow, kind, model, inputs.workflow_id, inputs.number, "workflow_id"
                )
            if isinstance(definition, Flow):
                nodes = [
                    await _completed(uow, node, f"definition.nodes.{place}.workflow_id")
                    for place, node in enumerate(definition.nodes)
                ]
                return definition.model_copy(update={"nodes": nodes})
        return definition

    async def check(self, definition: Crew | Flow, by: Principal) -> None:
        """
        Raises:
            PermissionDeniedError: the person may not use one of its tools.
            InvalidInputError: it names a tool, a model, a prompt or a schema that there is not.
        """
        needed = list(needed_by(definition))
        for each in needed:
            if each.tool is not None:
                self._check_tool(each.tool, each.place, by)
        async with self._uow.reading() as uow:
            await _check_references(uow, needed)

    def _check_tool(self, name: str, place: str, by: Principal) -> None:
        tool = self._tools.get(name)
        if tool is None:
            known = ", ".join(sorted(self._tools))
            raise InvalidInputError(
                place, f"There is no tool {name}; there are: {known}.", "unknown_reference"
            )
        tool.require_permission(by)


async def _stored(
    uow: ReadingUnitOfWork,
    kind: WorkflowKind,
    model: type[Definition],
    workflow_id: UUID,
    number: int | None,
    place: str,
) -> Definition:
    workflow = await uow.workflows.find(workflow_id)
    if workflow is None:
        raise unknown_reference(place, "workflow")
    if workflow.kind is not kind:
        raise InvalidInputError(place, f"This workflow is a {workflow.kind}, and no {kind}.")
    wanted = workflow.active_number if number is None else number
    version = await uow.workflow_versions.find_number(workflow_id, wanted)
    if version is None:
        field = f"{place.removesuffix('workflow_id')}number"
        raise InvalidInputError(field, no_version(workflow, wanted), "unknown_reference")
    try:
        return model.model_validate(version.definition)
    except ValidationError as error:
        raise InvalidInputError(place, _UNREADABLE) from error


async def _completed(uow: ReadingUnitOfWork, node: FlowNode, place: str) -> FlowNode:
    if not isinstance(node, CrewNode) or node.workflow_id is None:
        return node
    crew = await _stored(uow, WorkflowKind.CREW, Crew, node.workflow_id, node.number, place)
    return node.model_copy(update={"crew": crew, "workflow_id": None, "number": None})


async def _check_references(uow: ReadingUnitOfWork, needed: list[Needed]) -> None:
    model_ids = _ids(needed, lambda each: each.model_config_id)
    models = await uow.model_configs.known(model_ids) if model_ids else set()
    schema_ids = _ids(needed, lambda each: each.schema_id)
    schemas = await uow.output_schemas.known(schema_ids) if schema_ids else set()
    for each in needed:
        if each.model_config_id is not None and each.model_config_id not in models:
            raise unknown_reference(each.place, "model configuration")
        if each.schema_id is not None and each.schema_id not in schemas:
            raise unknown_reference(each.place, "schema")
        if each.prompt is not None and await uow.prompts.find_active(each.prompt) is None:
            raise InvalidInputError(
                each.place, f"There is no prompt named {each.prompt}.", "unknown_reference"
            )


def _ids(needed: list[Needed], pick: Callable[[Needed], UUID | None]) -> set[UUID]:
    def picked() -> Iterator[UUID]:
        for each in needed:
            if (found := pick(each)) is not None:
                yield found

    return set(picked())
