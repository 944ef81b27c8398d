from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlmodel import col, select

from backend.core.errors import NotFoundError
from backend.models.assistant.prompt_versions import PromptVersion
from backend.models.assistant.prompts import Prompt, PromptQuery
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name
from backend.repositories.sql.platform.lists import SqlList


class SqlPromptRepository(SqlList[Prompt, PromptQuery]):
    model = Prompt
    kind = "prompt"
    sorts = {
        "name": by_name(Prompt.name),
        "created_at": by_column(Prompt.created_at, MOMENT),
        "updated_at": by_column(Prompt.updated_at, MOMENT),
    }
    unlisted = (Prompt.template, Prompt.variables)

    async def find_active(self, name: str) -> PromptVersion | None:
        return await self._active(col(Prompt.name) == name)

    async def known_names(self, names: Collection[str]) -> set[str]:
        found = select(Prompt.name).where(col(Prompt.name).in_(names))
        return set((await self._session.exec(found)).all())

    async def active_version(self, prompt_id: UUID) -> PromptVersion:
        version = await self._active(col(Prompt.id) == prompt_id)
        if version is None:
            raise NotFoundError.of(self.kind, prompt_id)
        return version

    async def _active(self, condition: ColumnElement[bool]) -> PromptVersion | None:
        its_active = and_(
            col(Prompt.id) == PromptVersion.prompt_id,
            col(Prompt.active_number) == PromptVersion.number,
        )
        versions = select(PromptVersion).join(Prompt, its_active).where(condition)
        return (await self._session.exec(versions)).one_or_none()
