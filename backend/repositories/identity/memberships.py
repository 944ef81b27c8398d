from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from backend.core.permissions import Role
from backend.models.identity.memberships import MemberQuery, Membership
from backend.models.identity.organisations import OrganisationQuery
from backend.models.identity.users import User
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class PlaceRepository(Protocol):
    """Where accounts may act.

    Where there is one organisation, everybody belongs to it with the role of their account: nothing
    is asked of the database, and nothing is written.
    """

    async def enter(self, user: User) -> UUID:
        """Give somebody who signs in the role that they have where they act; returns where.

        That is the organisation of their last session, or else the one that they have belonged to
        for longest. Whoever belongs to none acts for themselves alone: the id is their own.
        """
        ...

    async def may_act(self, user: User, organisation_id: UUID) -> bool:
        """Whether somebody may act there. If so, they get the role that they have there."""
        ...

    async def of(self, user_id: UUID) -> Sequence[UUID]:
        """Return the organisations that somebody belongs to; none where there is but one."""
        ...

    async def add(self, user: User) -> None:
        """Have a new account belong to the organisation of the unit, with its role."""
        ...


class MembershipRepository(Repository[Membership], Protocol):
    async def page_of(self, organisation_id: UUID, query: MemberQuery) -> Page[Membership]: ...

    async def page_of_user(self, user_id: UUID, query: OrganisationQuery) -> Page[Membership]: ...

    async def of(
        self, user_id: UUID, organisation_id: UUID, *, for_update: bool = False
    ) -> Membership:
        """Raises NotFoundError if they do not belong to it."""
        ...

    async def roles(self, user_ids: Collection[UUID], organisation_id: UUID) -> dict[UUID, Role]:
        """Return the roles in an organisation, of those who belong to it."""
        ...

    async def user_ids(self, organisation_id: UUID) -> Sequence[UUID]:
        """Return everybody who belongs to it."""
        ...

    async def remove_people(self, organisation_id: UUID) -> None:
        """Have nobody but services belong to it any more."""
        ...
