"""Looks up stored definitions: the one to run, and the crews that a flow names."""

from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import to_json

from backend.core.errors import InvalidInputError, unknown_reference
from backend.models.workflows.crews import Crew
from backend.models.workflows.flow_nodes import CrewNode, FlowNode
from backend.models.workflows.flows import Flow
from backend.models.workflows.workflow_versions import WorkflowVersion
from backend.models.workflows.workflows import WorkflowKind
from backend.repositories.workflows.unit import WorkflowsReading
from backend.services.platform.versioned import no_version

Definition = TypeVar("Definition", Crew, Flow)

MAX_BYTES = 2_000_000
"""For all stored crews in a flow: each run stores them, as often as they are named."""

_TOO_LARGE = (
    f"With this crew, the stored crews of the flow have more than {MAX_BYTES:,} bytes: name fewer "
    "of them, or shorten them."
)
_UNREADABLE = "Another version of the program stored it: add a new version of it, and run that."


async def stored_version(
    uow: WorkflowsReading, kind: WorkflowKind, workflow_id: UUID, number: int | None, place: str
) -> WorkflowVersion:
    """Return the version with the number, or the active one.

    Raises:
        InvalidInputError: there is no such workflow or version, or it is of the other kind.
    """
    workflow = await uow.workflows.find(workflow_id)
    if workflow is None:
        raise unknown_reference(place, "workflow")
    if workflow.kind is not kind:
        raise InvalidInputError(place, f"This workflow is a {workflow.kind}, not a {kind}.")
    wanted = workflow.active_number if number is None else number
    version = await uow.workflow_versions.find_number(workflow_id, wanted)
    if version is None:
        field = f"{place.removesuffix('workflow_id')}number"
        raise no_version(field, workflow, wanted)
    return version


def read_definition(model: type[Definition], version: WorkflowVersion, place: str) -> Definition:
    """Raises InvalidInputError for one that is no longer valid."""
    try:
        return model.model_validate(version.definition)
    except ValidationError as error:
        raise InvalidInputError(place, _UNREADABLE) from error


class StoredCrews:
    """Return the crews that a flow names: each is read once, and counts as often as it is named."""

    def __init__(self, uow: WorkflowsReading) -> None:
        self._uow = uow
        self._known: dict[tuple[UUID, int | None], tuple[Crew, int]] = {}
        self._size = 0

    async def completed(self, node: FlowNode, place: str) -> FlowNode:
        """Return the node with the crew itself instead of its id.

        Raises:
            InvalidInputError: as `stored_version` does, or the crews are too large together.
        """
        if not isinstance(node, CrewNode) or node.workflow_id is None:
            return node
        key = (node.workflow_id, node.number)
        if key not in self._known:
            version = await stored_version(self._uow, WorkflowKind.CREW, *key, place)
            crew = read_definition(Crew, version, place)
            self._known[key] = crew, len(to_json(version.definition))
        crew, size = self._known[key]
        self._size += size
        if self._size > MAX_BYTES:
            raise InvalidInputError(place, _TOO_LARGE)
        return node.model_copy(update={"crew": crew, "workflow_id": None, "number": None})
