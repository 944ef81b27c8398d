from typing import Any
from uuid import UUID

from backend.core.errors import InvalidInputError, NotFoundError
from backend.core.permissions import Principal
from backend.core.preconditions import Precondition
from backend.models.platform.domain_events import SubjectKind, changes_between
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.paging import Page
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
from backend.services.platform.change_events import created
from backend.services.platform.crud import CrudService


class WorkflowService(
    CrudService[WorkflowsUnit, WorkflowsReading, Workflow, WorkflowQuery, WorkflowUpdate]
):
    """Crews and flows of the team. Their versions never change; one of them is active."""

    def __init__(self, uow: WorkflowsUnits) -> None:
        super().__init__(uow, SubjectKind.WORKFLOW, lambda unit: unit.workflows)

    async def create(
        self, data: WorkflowCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Workflow]:
        """Store it with its first version. Raises ConflictError if the name is taken."""
        definition = _stored(data.definition)
        workflow = Workflow.model_validate(data, update={"definition": definition})
        async with self._uow() as uow:
            match await uow.idempotency.claim(key, workflow.id):
                case Replay(earlier):
                    return Replayed(await uow.workflows.get(earlier))
                case Answered() as answered:
                    return answered
            await uow.workflows.save(workflow)
            await uow.workflow_versions.save(_version(workflow, definition, by))
            uow.record(created(SubjectKind.WORKFLOW, workflow, by))
            await uow.commit()
        return workflow

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
        async with self._uow() as uow:
            match await uow.idempotency.claim(key, workflow_id):
                case Replay(earlier):
                    return Replayed(await uow.workflows.get(earlier))
                case Answered() as answered:
                    return answered
            workflow = await uow.workflows.get(workflow_id, for_update=True)
            match.check(workflow.version)
            if data.kind is not workflow.kind:
                raise InvalidInputError("kind", f"This workflow is a {workflow.kind}.")
            before = workflow.facts()
            workflow.last_number += 1
            version = _version(workflow, _stored(data.definition), by)
            if data.activate:
                workflow.use(version.number, version.definition)
            await uow.workflows.save(workflow)
            await uow.workflow_versions.save(version)
            changes = changes_between(before, workflow.facts())
            self._record(uow, workflow, "version_added", changes, by)
            await uow.commit()
        return workflow

    async def activate(
        self, workflow_id: UUID, number: int, by: Principal, match: Precondition
    ) -> Workflow:
        """Activate this version. Doing it twice changes nothing.

        Raises:
            NotFoundError: there is no such workflow.
            PreconditionFailedError: it has changed since the caller read it.
            InvalidInputError: it has no such version.
        """
        async with self._changing(workflow_id, by, match, "activated") as (uow, workflow):
            version = await uow.workflow_versions.find_number(workflow_id, number)
            if version is None:
                raise InvalidInputError("number", no_version(workflow, number), "unknown_reference")
            workflow.use(version.number, version.definition)
        return workflow

    async def versions(
        self, workflow_id: UUID, query: WorkflowVersionQuery, by: Principal
    ) -> Page[WorkflowVersion]:
        """Raises NotFoundError or InvalidCursorError."""
        async with self._uow.reading() as uow:
            await uow.workflows.get(workflow_id)
            return await uow.workflow_versions.page_of(workflow_id, query)

    async def version(self, workflow_id: UUID, number: int, by: Principal) -> WorkflowVersion:
        """Raises NotFoundError if there is no such version, or no such workflow."""
        async with self._uow.reading() as uow:
            version = await uow.workflow_versions.find_number(workflow_id, number)
        if version is None:
            raise NotFoundError(f"There is no workflow {workflow_id} with a version {number}.")
        return version


def no_version(workflow: Workflow, number: int) -> str:
    return f"There is no version {number}: versions are numbered 1 to {workflow.last_number}."


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
