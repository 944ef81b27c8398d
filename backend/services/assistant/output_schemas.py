from backend.core.permissions import Principal, SubjectKind
from backend.models.assistant.output_schemas import (
    OutputSchema,
    OutputSchemaCreate,
    OutputSchemaQuery,
    OutputSchemaUpdate,
)
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.repositories.assistant.unit import AssistantReading, AssistantUnit, AssistantUnits
from backend.services.platform.crud import CrudService


class OutputSchemaService(
    CrudService[
        AssistantUnit, AssistantReading, OutputSchema, OutputSchemaQuery, OutputSchemaUpdate
    ]
):
    def __init__(self, uow: AssistantUnits) -> None:
        super().__init__(uow, SubjectKind.OUTPUT_SCHEMA, lambda unit: unit.output_schemas)

    async def create(
        self, data: OutputSchemaCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[OutputSchema]:
        """Raises ConflictError if the name is taken."""
        return await self._add(OutputSchema.from_input(data), by, key)
