"""Accounts as an organisation sees them, where there are many."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.permissions import Role
from backend.models.identity.memberships import Membership
from backend.models.identity.organisations import Organisation
from backend.models.identity.users import User, UserQuery
from backend.models.platform.paging import Page
from backend.repositories.identity.users import UserRepository
from backend.repositories.sql.identity.memberships import (
    SqlMembershipRepository,
    SqlPlaceRepository,
)
from backend.repositories.sql.identity.users import SqlUserRepository
from backend.repositories.sql.platform.named_locks import lock
from backend.repositories.sql.platform.organisations import scope_of


def make_users(session: AsyncSession) -> UserRepository:
    return SqlUserRepository(session) if scope_of(session) is None else SqlMembers(session)


class SqlMembers(SqlUserRepository):
    """Gives each account the role that it has in the organisation of the unit; that of the account
    counts nowhere. PostgreSQL shows those who belong to it. A unit of the system sees everybody, as
    guests; so does one of an organisation that is deleted.
    """

    async def get(self, row_id: UUID, *, for_update: bool = False) -> User:
        return await self._seen(await super().get(row_id, for_update=for_update))

    async def find(self, row_id: UUID) -> User | None:
        found = await super().find(row_id)
        return found and await self._seen(found)

    async def find_many(self, row_ids: Collection[UUID], *, for_update: bool = False) -> list[User]:
        return await self._all_seen(await super().find_many(row_ids, for_update=for_update))

    async def find_by_email(self, email: str, *, for_update: bool = False) -> User | None:
        found = await super().find_by_email(email, for_update=for_update)
        return found and await self._seen(found)

    async def find_by_emails(self, emails: Collection[str]) -> list[User]:
        return await self._all_seen(await super().find_by_emails(emails))

    async def page(self, query: UserQuery) -> Page[User]:
        page = await super().page(query)
        await self._give_roles(page.items)
        return page

    async def add_missing(self, rows: Sequence[User]) -> int:
        """Have those that are new belong to the organisation, too."""
        known = await self.known([row.id for row in rows])
        missing = [row for row in rows if row.id not in known]
        await self.save_many(missing)
        for row in missing:
            await SqlPlaceRepository(self._session).add(row)
        return len(missing)

    async def lock_active_admins(self) -> set[UUID]:
        """Those of the organisation; none for the system, which may leave one without."""
        organisation_id = self._organisation_id
        return set() if organisation_id is None else await self._lock_admins(organisation_id)

    async def is_last_admin(self, user_id: UUID) -> bool:
        # In the same order for all, so that nobody waits for each other.
        theirs = (
            select(Membership.organisation_id)
            .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
            .where(Membership.user_id == user_id, Membership.role == Role.ADMIN)
            .where(col(Organisation.deleted_at).is_(None))
            .order_by(col(Membership.organisation_id))
        )
        for organisation_id in (await self._session.exec(theirs)).all():
            if await self._lock_admins(organisation_id) == {user_id}:
                return True
        return False

    async def _lock_admins(self, organisation_id: UUID) -> set[UUID]:
        await lock(self._session, f"active admins of {organisation_id}")
        admins = (
            select(User.id)
            .join(Membership, col(Membership.user_id) == col(User.id))
            .where(Membership.organisation_id == organisation_id, Membership.role == Role.ADMIN)
            .where(col(User.is_active), ~col(User.is_service))
        )
        return set((await self._session.exec(admins)).all())

    @property
    def _organisation_id(self) -> UUID | None:
        scope = scope_of(self._session)
        return scope.organisation_id if scope else None

    async def _seen(self, user: User) -> User:
        await self._give_roles([user])
        return user

    async def _all_seen(self, users: list[User]) -> list[User]:
        await self._give_roles(users)
        return users

    async def _give_roles(self, users: Iterable[User]) -> None:
        known = {user.id: user for user in users}
        organisation_id, roles = self._organisation_id, dict[UUID, Role]()
        if known and organisation_id is not None:
            memberships = SqlMembershipRepository(self._session)
            roles = await memberships.present_roles(known.keys(), organisation_id)
        for user_id, user in known.items():
            user.act_as(roles.get(user_id, Role.GUEST))
