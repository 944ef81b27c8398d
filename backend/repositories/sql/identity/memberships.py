from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.errors import NotFoundError
from backend.core.permissions import Role
from backend.core.scopes import FIRST_ORGANISATION
from backend.models.identity.memberships import MemberQuery, Membership
from backend.models.identity.organisations import Organisation, OrganisationQuery
from backend.models.identity.sessions import UserSession
from backend.models.identity.users import User
from backend.models.platform.paging import Page
from backend.repositories.identity.memberships import PlaceRepository
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.organisations import organisation_column, scope_of


class SqlMembershipRepository(SqlList[Membership, MemberQuery]):
    model = Membership
    kind = "member"
    sorts = {"created_at": by_column(Membership.created_at, MOMENT)}

    async def page_of(self, organisation_id: UUID, query: MemberQuery) -> Page[Membership]:
        return await self._page(query, col(Membership.organisation_id) == organisation_id)

    async def page_of_user(self, user_id: UUID, query: OrganisationQuery) -> Page[Membership]:
        return await self._page(query, col(Membership.user_id) == user_id)

    async def of(
        self, user_id: UUID, organisation_id: UUID, *, for_update: bool = False
    ) -> Membership:
        wanted = select(Membership).where(
            Membership.user_id == user_id, Membership.organisation_id == organisation_id
        )
        if for_update:
            wanted = wanted.with_for_update(**LOCK)
        found = (await self._session.exec(wanted)).one_or_none()
        if found is None:
            raise NotFoundError.of(self.kind, user_id)
        return found

    async def roles(self, user_ids: Collection[UUID], organisation_id: UUID) -> dict[UUID, Role]:
        return await self._roles(user_ids, organisation_id)

    async def present_roles(
        self, user_ids: Collection[UUID], organisation_id: UUID
    ) -> dict[UUID, Role]:
        """Like `roles`; none where the organisation is deleted."""
        there = select(Organisation.id).where(
            Organisation.id == organisation_id, col(Organisation.deleted_at).is_(None)
        )
        return await self._roles(user_ids, organisation_id, there.exists())

    async def user_ids(self, organisation_id: UUID) -> Sequence[UUID]:
        theirs = select(Membership.user_id).where(Membership.organisation_id == organisation_id)
        return (await self._session.exec(theirs)).all()

    async def remove_people(self, organisation_id: UUID) -> None:
        people = select(User.id).where(~col(User.is_service))
        gone = delete(Membership).where(
            col(Membership.organisation_id) == organisation_id, col(Membership.user_id).in_(people)
        )
        await self._session.exec(gone.execution_options(synchronize_session=False))

    async def _roles(
        self, user_ids: Collection[UUID], organisation_id: UUID, *more: ColumnElement[bool]
    ) -> dict[UUID, Role]:
        theirs = one_of(Membership.user_id, user_ids), Membership.organisation_id == organisation_id
        wanted = select(Membership.user_id, Membership.role).where(*theirs, *more)
        found = (await self._session.exec(wanted)).all()
        return {user_id: Role(role) for user_id, role in found}


class OnlyPlace:
    """Where there is one organisation."""

    async def enter(self, _user: User) -> UUID:
        return FIRST_ORGANISATION

    async def may_act(self, _user: User, _organisation_id: UUID) -> bool:
        return True

    async def of(self, _user_id: UUID) -> Sequence[UUID]:
        return ()

    async def add(self, user: User) -> None:
        """The account has its role."""


class SqlPlaceRepository:
    """Where there are many organisations."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def enter(self, user: User) -> UUID:
        last_used = (
            select(func.max(UserSession.last_used_at))
            .where(organisation_column(UserSession) == col(Membership.organisation_id))
            .where(UserSession.user_id == user.id)
            .scalar_subquery()
        )
        theirs = (
            select(Membership)
            .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
            .where(Membership.user_id == user.id, col(Organisation.deleted_at).is_(None))
            .order_by(last_used.desc().nulls_last(), col(Membership.id))
        )
        return _act(user, (await self._session.exec(theirs.limit(1))).one_or_none())

    async def may_act(self, user: User, organisation_id: UUID) -> bool:
        theirs = (
            select(Membership)
            .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
            .where(Membership.user_id == user.id, col(Organisation.deleted_at).is_(None))
            .where(Membership.organisation_id == organisation_id)
        )
        found = (await self._session.exec(theirs)).one_or_none()
        return _act(user, found) == organisation_id

    async def of(self, user_id: UUID) -> Sequence[UUID]:
        theirs = select(Membership.organisation_id).where(Membership.user_id == user_id)
        return (await self._session.exec(theirs)).all()

    async def add(self, user: User) -> None:
        scope = scope_of(self._session)
        if scope is not None and scope.organisation_id is not None:
            role = user.role
            self._session.add(
                Membership(user_id=user.id, organisation_id=scope.organisation_id, role=role)
            )
            await self._session.flush()


def make_places(session: AsyncSession) -> PlaceRepository:
    return OnlyPlace() if scope_of(session) is None else SqlPlaceRepository(session)


def _act(user: User, membership: Membership | None) -> UUID:
    """Returns where they act."""
    user.act_as(Role.GUEST if membership is None else membership.role)
    return user.id if membership is None else membership.organisation_id
