from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from backend.core.permissions import Role
from backend.models.identity.users import User, UserQuery
from backend.models.platform.mixins import now
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.named_locks import lock


class SqlUserRepository(SqlList[User, UserQuery]):
    model = User
    kind = "user"
    sorts = {
        "created_at": by_column(User.created_at, MOMENT),
        "email": by_name(User.email),
    }

    def conditions(self, query: UserQuery) -> Iterator[ColumnElement[bool]]:
        if query.role:
            yield one_of(User.role, query.role)
        if query.is_active is not None:
            yield col(User.is_active).is_(query.is_active)

    async def find_by_email(self, email: str, *, for_update: bool = False) -> User | None:
        wanted = select(User).where(User.email == email)
        if for_update:
            wanted = wanted.with_for_update(**LOCK)
        return (await self._session.exec(wanted)).one_or_none()

    async def find_by_emails(self, emails: Collection[str]) -> list[User]:
        found = await self._session.exec(select(User).where(one_of(User.email, emails)))
        return list(found.all())

    async def lock_active_admins(self) -> set[UUID]:
        await lock(self._session, "active admins")
        people = (col(User.is_active), ~col(User.is_service))
        admins = select(User.id).where(User.role == Role.ADMIN, *people)
        return set((await self._session.exec(admins)).all())

    async def is_last_admin(self, user_id: UUID) -> bool:
        return await self.lock_active_admins() == {user_id}

    async def due_for_erasure(self) -> list[UUID]:
        due = select(User.id).where(col(User.erase_at) <= now()).order_by(col(User.erase_at))
        return list((await self._session.exec(due)).all())

    async def erased_since(self, moment: datetime) -> list[UUID]:
        erased = select(User.id).where(col(User.erased_at) >= moment)
        return list((await self._session.exec(erased)).all())
