"""Looks up the definition of an execution, and checks it for the person who runs it."""

from collections.abc import Callable, Iterator
from uuid import UUID

from backend.core.errors import InvalidInputError, unknown_reference
from backend.core.permissions import Principal
from backend.models.workflows.crews import Crew
from backend.models.workflows.flows import Flow
from backend.models.workflows.workflow_runs import WorkflowInputs
from backend.models.workflows.workflows import WorkflowKind
from backend.repositories.workflows.unit import WorkflowsReading, WorkflowsUnits
from backend.services.assistant.toolbox import Tools
from backend.services.workflows.runs.needs import Needed, needed_by
from backend.services.workflows.runs.stored import (
    Definition,
    StoredCrews,
    read_definition,
    stored_version,
)


class Definitions:
    def __init__(self, uow: WorkflowsUnits, tools: Tools) -> None:
        self._uow = uow
        self._tools = tools

    async def load(
        self, kind: WorkflowKind, model: type[Definition], inputs: WorkflowInputs, by: Principal
    ) -> Definition:
        """Return the definition complete with the stored crews that a flow names.

        Raises:
            InvalidInputError: there is no such workflow or version, it is of the other kind, or
                the whole is too large.
        """
        async with self._uow.reading(by) as uow:
            if inputs.workflow_id is None:
                definition = model.model_validate(inputs.definition)
            else:
                place = "workflow_id"
                version = await stored_version(uow, kind, inputs.workflow_id, inputs.number, place)
                definition = read_definition(model, version, place)
            if isinstance(definition, Flow):
                crews = StoredCrews(uow)
                nodes = [
                    await crews.completed(node, f"definition.nodes.{number}.workflow_id")
                    for number, node in enumerate(definition.nodes)
                ]
                return definition.model_copy(update={"nodes": nodes})
        return definition

    async def check(self, definition: Crew | Flow, by: Principal) -> None:
        """
        Raises:
            PermissionDeniedError: the person may not use one of its tools.
            InvalidInputError: it names a tool, a model, a prompt or a schema that does not exist.
        """
        needed = list(needed_by(definition))
        for each in needed:
            if each.tool is not None:
                self._check_tool(each.tool, each.place, by)
        async with self._uow.reading(by) as uow:
            await _check_references(uow, needed)

    def _check_tool(self, name: str, place: str, by: Principal) -> None:
        tool = self._tools.get(name)
        if tool is None:
            known = ", ".join(sorted(self._tools))
            raise InvalidInputError(
                place, f"There is no tool {name}. The tools are: {known}.", "unknown_reference"
            )
        tool.require_permission(by)


async def _check_references(uow: WorkflowsReading, needed: list[Needed]) -> None:
    model_ids = _ids(needed, lambda each: each.model_config_id)
    models = await uow.model_configs.known(model_ids) if model_ids else set()
    schema_ids = _ids(needed, lambda each: each.schema_id)
    schemas = await uow.output_schemas.known(schema_ids) if schema_ids else set()
    names = {each.prompt for each in needed if each.prompt is not None}
    prompts = await uow.prompts.known_names(names) if names else set()
    for each in needed:
        if each.model_config_id is not None and each.model_config_id not in models:
            raise unknown_reference(each.place, "model configuration")
        if each.schema_id is not None and each.schema_id not in schemas:
            raise unknown_reference(each.place, "schema")
        if each.prompt is not None and each.prompt not in prompts:
            raise InvalidInputError(
                each.place, f"There is no prompt named {each.prompt}.", "unknown_reference"
            )


def _ids(needed: list[Needed], pick: Callable[[Needed], UUID | None]) -> set[UUID]:
    def picked() -> Iterator[UUID]:
        for each in needed:
            if (found := pick(each)) is not None:
                yield found

    return set(picked())
