from typing import Any
from uuid import UUID

from backend.core.permissions import Principal, SubjectKind
from backend.models.assistant.model_configs import (
    ModelConfig,
    ModelConfigCreate,
    ModelConfigQuery,
    ModelConfigUpdate,
)
from backend.models.platform.domain_events import changes_between
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.repositories.assistant.unit import AssistantReading, AssistantUnit, AssistantUnits
from backend.services.platform.crud import CrudService


class ModelConfigService(
    CrudService[AssistantUnit, AssistantReading, ModelConfig, ModelConfigQuery, ModelConfigUpdate]
):
    """The language models in use. At most one is the default; without one the settings decide."""

    def __init__(self, uow: AssistantUnits) -> None:
        super().__init__(uow, SubjectKind.MODEL_CONFIG, lambda unit: unit.model_configs)

    async def create(
        self, data: ModelConfigCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[ModelConfig]:
        """Raises ConflictError if the name is taken."""
        return await self._add(ModelConfig.from_input(data), by, key)

    async def _get(
        self, uow: AssistantReading, row_id: UUID, by: Principal, *, for_update: bool = False
    ) -> ModelConfig:
        if for_update:
            await uow.model_configs.lock_default()
        return await super()._get(uow, row_id, by, for_update=for_update)

    async def _check_new(self, uow: AssistantUnit, row: ModelConfig, by: Principal) -> None:
        if row.is_default:
            await uow.model_configs.lock_default()
            await self._end_default(uow, by)

    async def _apply(
        self, uow: AssistantUnit, row: ModelConfig, changes: dict[str, Any], by: Principal
    ) -> None:
        if changes.get("is_default") and not row.is_default:
            await self._end_default(uow, by)
        row.sqlmodel_update(changes)

    async def _let_go(self, uow: AssistantUnit, row: ModelConfig) -> dict[str, Any]:
        """Chats that use it switch to the default."""
        await uow.chats.leave_model_config(row.id)
        return {}

    async def _end_default(self, uow: AssistantUnit, by: Principal) -> None:
        """Written before the next default: the database allows one at a time."""
        former = await uow.model_configs.find_default()
        if former is None:
            return
        before = former.facts()
        former.is_default = False
        await uow.model_configs.save(former)
        self._record(uow, former, "updated", changes_between(before, former.facts()), by)
