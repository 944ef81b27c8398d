"""Who belongs to an organisation, where there are many."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

from backend.core.attempts import retried
from backend.core.caching import CacheName
from backend.core.errors import ConflictError, NotFoundError
from backend.core.permissions import Principal, Role, SubjectKind
from backend.core.preconditions import ANY_VERSION, Precondition
from backend.core.scopes import FIRST, SYSTEM, Within
from backend.models.identity.memberships import MemberPublic, MemberQuery, Membership
from backend.models.identity.users import User
from backend.models.platform.domain_events import (
    Changes,
    ResourceChanged,
    SessionsRevoked,
    changes_between,
)
from backend.models.platform.fields import email_to_look_up
from backend.models.platform.paging import Page
from backend.repositories.identity.unit import IdentityReading, IdentityUnit, IdentityUnits
from backend.services.identity.api_keys import end_keys
from backend.services.identity.invitations import withdraw_invitations
from backend.services.identity.role_grants import lock_giver


class _Member(NamedTuple):
    uow: IdentityUnit
    user: User
    membership: Membership


class MemberService:
    """The people and services of an organisation. At least one active admin remains."""

    def __init__(self, uow: IdentityUnits) -> None:
        self._uow = uow

    async def page(self, query: MemberQuery, by: Principal) -> Page[MemberPublic]:
        """Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            page = await uow.memberships.page_of(by.organisation_id, query)
            users = await uow.users.find_many([each.user_id for each in page.items])
        known = {user.id: user for user in users}
        # One that has left meanwhile is not shown.
        there = [each for each in page.items if each.user_id in known]
        items = [MemberPublic.of(each, known[each.user_id]) for each in there]
        return Page(items=items, next_cursor=page.next_cursor, total=page.total)

    async def read(self, user_id: UUID, by: Principal) -> MemberPublic:
        """Raises NotFoundError."""
        async with self._uow.reading(by) as uow:
            return await _shown(uow, user_id, by.organisation_id)

    async def admit(self, email: str, role: Role, within: Within) -> None:
        """For the command line: have an account belong to an organisation.

        Raises:
            NotFoundError: there is no such account or organisation.
            ConflictError: it belongs to it already.
        """
        async with self._uow(SYSTEM) as uow:
            user = await uow.users.find_by_email(email_to_look_up(email))
            if user is None:
                raise NotFoundError(f"There is no user with the e-mail address {email}.")
            await uow.organisations.get(within.organisation_id)
            await uow.go_on_within(within.organisation_id)
            user.act_as(role)
            await uow.places.add(user)
            uow.record(_event("joined", user.id, None, changes_between({}, {"role": role})))
            await uow.commit()

    @retried
    async def set_role(
        self,
        user_id: UUID,
        role: Role,
        by: Principal | None,
        match: Precondition = ANY_VERSION,
        within: Within = FIRST,
    ) -> MemberPublic:
        """Change the role of a member, and revoke their invitations to higher roles.

        Args:
            within: the organisation, if nobody is the caller.

        Raises:
            NotFoundError: they do not belong to the organisation.
            PreconditionFailedError: the membership has changed.
            PermissionDeniedError: the caller may not, or may no longer, give or take the roles.
            ConflictError: this is the last active admin.
        """
        async with self._changing(user_id, by or within, match) as (uow, user, membership):
            if by is not None:
                await lock_giver(uow, by, user.role, role)
            before = membership.role
            membership.role = role
            user.act_as(role)
            await uow.memberships.save(membership)
            await withdraw_invitations(uow, user, by)
            changes = changes_between({"role": before}, {"role": role})
            uow.record(_event("role_changed", user_id, by, changes))
        return MemberPublic.of(membership, user)

    @retried
    async def remove(self, user_id: UUID, by: Principal, match: Precondition) -> None:
        """End a membership: sessions, API keys and invitations in the organisation end with it.

        Raises as `set_role` does.
        """
        async with self._changing(user_id, by, match) as member:
            await lock_giver(member.uow, by, member.user.role)
            await _end(member, "removed", by)

    @retried
    async def leave(self, by: Principal) -> None:
        """End one's own membership.

        Raises:
            NotFoundError: the caller does not belong to the organisation any more.
            ConflictError: the caller is its last active admin.
        """
        async with self._changing(by.user_id, by, ANY_VERSION) as member:
            await _end(member, "left", by)

    @asynccontextmanager
    async def _changing(
        self, user_id: UUID, scope: Principal | Within, match: Precondition
    ) -> AsyncIterator[_Member]:
        """Lock a member, let the caller change the membership, and commit: one at a time."""
        async with self._uow(scope) as uow:
            active_admins = await uow.users.lock_active_admins()
            # Locked first, as when an account is deactivated, and when it opens a session.
            user = await uow.users.get(user_id, for_update=True)
            membership = await uow.memberships.of(user_id, scope.organisation_id, for_update=True)
            match.check(membership.version)
            yield _Member(uow, user, membership)
            if active_admins == {user_id} and not user.is_active_admin:
                raise ConflictError("This is the last active admin; make another member admin.")
            await uow.sessions.revoke_impersonations_by(user_id, within=membership.organisation_id)
            uow.forget(CacheName.IDENTITY, user_id)
            await uow.commit()


async def _end(member: _Member, verb: str, by: Principal) -> None:
    uow, user, membership = member
    user.act_as(Role.GUEST)
    await withdraw_invitations(uow, user, by)
    await end_keys(uow, user.id, by)
    if user.is_service:
        user.is_active = False
        await uow.users.save(user)
    ended = await uow.sessions.revoke_all(user.id, within=membership.organisation_id)
    if ended:
        changes = {"session_ids": {"before": sorted(map(str, ended)), "after": []}}
        uow.record(SessionsRevoked(subject_id=user.id, by=by, changes=changes))
    await uow.memberships.delete(membership)
    uow.record(_event(verb, user.id, by, changes_between({"role": membership.role}, {})))


async def _shown(uow: IdentityReading, user_id: UUID, organisation_id: UUID) -> MemberPublic:
    membership = await uow.memberships.of(user_id, organisation_id)
    return MemberPublic.of(membership, await uow.users.get(user_id))


def _event(verb: str, user_id: UUID, by: Principal | None, changes: Changes) -> ResourceChanged:
    return ResourceChanged(
        kind=SubjectKind.USER, verb=f"member_{verb}", subject_id=user_id, by=by, changes=changes
    )
