from collections.abc import Iterator

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from backend.models.assistant.model_configs import ModelConfig, ModelConfigQuery
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.named_locks import lock

_DEFAULT = select(ModelConfig).where(col(ModelConfig.is_default))


class SqlModelConfigRepository(SqlList[ModelConfig, ModelConfigQuery]):
    model = ModelConfig
    kind = "model configuration"
    sorts = {
        "created_at": by_column(ModelConfig.created_at, MOMENT),
        "name": by_name(ModelConfig.name),
    }

    async def find_default(self) -> ModelConfig | None:
        return (await self._session.exec(_DEFAULT)).one_or_none()

    async def lock_default(self) -> None:
        await lock(self._session, "default model configuration")

    def conditions(self, query: ModelConfigQuery) -> Iterator[ColumnElement[bool]]:
        if query.provider:
            yield one_of(ModelConfig.provider, query.provider)
