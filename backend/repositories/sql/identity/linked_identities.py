from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import col, select

from backend.core.config import ProviderName
from backend.models.identity.linked_identities import LinkedIdentity, LinkedIdentityQuery
from backend.models.platform.paging import Page
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.named_locks import lock


class SqlLinkedIdentityRepository(SqlList[LinkedIdentity, LinkedIdentityQuery]):
    model = LinkedIdentity
    kind = "identity"
    sorts = {"created_at": by_column(LinkedIdentity.created_at, MOMENT)}

    async def lock_and_find(self, provider: ProviderName, subject: str) -> LinkedIdentity | None:
        await lock(self._session, f"identity {provider} {subject}")
        this_one = (LinkedIdentity.provider == provider, LinkedIdentity.subject == subject)
        return (await self._session.exec(select(LinkedIdentity).where(*this_one))).one_or_none()

    async def page_of(self, user_id: UUID, query: LinkedIdentityQuery) -> Page[LinkedIdentity]:
        return await self._page(query, col(LinkedIdentity.user_id) == user_id)

    async def count_of(self, user_id: UUID) -> int:
        of_user = select(func.count()).where(col(LinkedIdentity.user_id) == user_id)
        return (await self._session.exec(of_user)).one()

    async def remove_of(self, user_id: UUID, *, keep: UUID | None = None) -> list[LinkedIdentity]:
        of_user = [col(LinkedIdentity.user_id) == user_id]
        if keep is not None:
            of_user.append(col(LinkedIdentity.id) != keep)
        removed = delete(LinkedIdentity).where(*of_user).returning(LinkedIdentity)
        without_session = removed.execution_options(synchronize_session=False)
        return list((await self._session.exec(without_session)).scalars())
