from uuid import UUID

from sqlmodel import col, select

from backend.models.assistant.prompt_versions import PromptVersion, PromptVersionQuery
from backend.models.platform.paging import Page
from backend.repositories.sql.platform.keyset import COUNT, by_column
from backend.repositories.sql.platform.lists import SqlList


class SqlPromptVersionRepository(SqlList[PromptVersion, PromptVersionQuery]):
    model = PromptVersion
    kind = "version"
    sorts = {"number": by_column(PromptVersion.number, COUNT)}
    unlisted = (PromptVersion.template, PromptVersion.variables)

    async def page_of(self, prompt_id: UUID, query: PromptVersionQuery) -> Page[PromptVersion]:
        return await self._page(query, col(PromptVersion.prompt_id) == prompt_id)

    async def find_number(self, prompt_id: UUID, number: int) -> PromptVersion | None:
        versions = select(PromptVersion).where(
            PromptVersion.prompt_id == prompt_id, PromptVersion.number == number
        )
        return (await self._session.exec(versions)).one_or_none()
