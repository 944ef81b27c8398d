"""A crew and a flow that run with the offline model, by `POST /executions`."""

from typing import Any, NamedTuple
from uuid import UUID

from backend.models.workflows.crews import CREW_EXAMPLE, Crew
from backend.models.workflows.flows import FLOW_EXAMPLE, Flow
from backend.models.workflows.workflow_versions import WorkflowVersion
from backend.models.workflows.workflows import Workflow, WorkflowKind
from backend.seeds.base import SeedContext, seed_id, seeded_user
from backend.seeds.users import MANAGER


class SeedWorkflow(NamedTuple):
    kind: WorkflowKind
    name: str
    description: str
    definition: dict[str, Any]


WORKFLOWS = (
    SeedWorkflow(
        WorkflowKind.CREW,
        "Prepare a call",
        "Looks a customer up, and makes a task to call them. Takes `person`.",
        Crew.model_validate(CREW_EXAMPLE).model_dump(mode="json"),
    ),
    SeedWorkflow(
        WorkflowKind.FLOW,
        "Sum up open work",
        "Sums up the customer of open tasks, if there are any. Takes `about`.",
        Flow.model_validate(FLOW_EXAMPLE).model_dump(mode="json"),
    ),
)


class WorkflowSeeder:
    async def run(self, context: SeedContext) -> int:
        async with context.uow(context.scope) as uow:
            author = await seeded_user(uow, MANAGER.email)
            rows = [_row(seeded, context) for seeded in WORKFLOWS]
            added = await uow.workflows.add_missing(rows)
            # An existing workflow may have the same name.
            there = await uow.workflows.known([row.id for row in rows])
            versions = [_version(row, author.id) for row in rows if row.id in there]
            await uow.workflow_versions.add_missing(versions)
            await uow.commit()
        return added


def _row(seeded: SeedWorkflow, context: SeedContext) -> Workflow:
    return Workflow(
        id=seed_id("workflow", seeded.name),
        kind=seeded.kind,
        name=seeded.name,
        description=seeded.description,
        definition=seeded.definition,
        created_at=context.now,
        updated_at=context.now,
    )


def _version(row: Workflow, author_id: UUID) -> WorkflowVersion:
    return WorkflowVersion(
        id=seed_id("workflow version", row.name),
        workflow_id=row.id,
        number=1,
        definition=row.definition,
        created_by=author_id,
        created_at=row.created_at,
    )
