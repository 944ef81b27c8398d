from typing import Any
from uuid import UUID

from backend.core.errors import InvalidInputError
from backend.core.permissions import Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.models.workflows.workflow_versions import (
    WorkflowVersion,
    WorkflowVersionCreate,
    WorkflowVersionQuery,
)
from backend.models.workflows.workflows import (
    Workflow,
    WorkflowCreate,
    WorkflowQuery,
    WorkflowUpdate,
)
from backend.repositories.workflows.unit import WorkflowsReading, WorkflowsUnit, WorkflowsUnits
from backend.services.platform.versioned import VersionedService


class WorkflowService(
    VersionedService[
        WorkflowsUnit,
        WorkflowsReading,
        Workflow,
        WorkflowQuery,
        WorkflowUpdate,
        WorkflowVersion,
        WorkflowVersionQuery,
    ]
):
    """Crews and flows of the team. Their versions never change; one of them is active."""

    def __init__(self, uow: WorkflowsUnits) -> None:
        super().__init__(
            uow,
            SubjectKind.WORKFLOW,
            lambda unit: unit.workflows,
            lambda unit: unit.workflow_versions,
        )

    async def create(
        self, data: WorkflowCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Workflow]:
        """Store it with its first version. Raises ConflictError if the name is taken."""
        definition = _stored(data.definition)
        workflow = Workflow.from_input(data, definition=definition)
        return await self._create(workflow, _version(workflow, definition, by), by, key)

    async def add_version(
        self,
        workflow_id: UUID,
        data: WorkflowVersionCreate,
        by: Principal,
        match: Precondition,
        key: IdempotencyKey | None = None,
    ) -> Outcome[Workflow]:
        """Store a new definition, which becomes active if requested.

        Raises:
            NotFoundError: there is no such workflow.
            PreconditionFailedError: it has changed since the caller read it.
            InvalidInputError: the definition is of the other kind.
        """

        def next_of(workflow: Workflow) -> WorkflowVersion:
            if data.kind is not workflow.kind:
                raise InvalidInputError("kind", f"This workflow is a {workflow.kind}.")
            workflow.last_number += 1
            return _version(workflow, _stored(data.definition), by)

        return await self._add_version(workflow_id, next_of, by, match, key, activate=data.activate)

    def _use(self, row: Workflow, version: WorkflowVersion) -> None:
        row.use(version.number, version.definition)


def _stored(definition: Any) -> dict[str, Any]:
    stored: dict[str, Any] = definition.model_dump(mode="json")
    return stored


def _version(workflow: Workflow, definition: dict[str, Any], by: Principal) -> WorkflowVersion:
    return WorkflowVersion(
        workflow_id=workflow.id,
        number=workflow.last_number,
        definition=definition,
        created_by=by.user_id,
    )
