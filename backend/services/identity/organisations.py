"""The organisations of an installation, where there are many."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from backend.core.attempts import retried
from backend.core.caching import CacheName
from backend.core.errors import ConflictError, NotFoundError, PermissionDeniedError
from backend.core.logging import get_logger
from backend.core.permissions import Permission, Principal, Role, SubjectKind
from backend.core.preconditions import Precondition
from backend.core.scopes import FIRST_ORGANISATION, SYSTEM, Within
from backend.models.identity.memberships import Membership
from backend.models.identity.organisations import (
    Organisation,
    OrganisationCreate,
    OrganisationPublic,
    OrganisationQuery,
    OrganisationUpdate,
)
from backend.models.identity.users import User
from backend.models.platform.domain_events import Changes, ResourceChanged, changes_between
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.mixins import now
from backend.models.platform.paging import Page
from backend.repositories.identity.unit import IdentityReading, IdentityUnit, IdentityUnits
from backend.services.identity.organisation_erasing import OrganisationEraser
from backend.services.identity.second_factor_rule import NO_RULE, SecondFactorRule
from backend.services.platform.each_alone import each_alone

Furnish = Callable[[Within], Awaitable[object]]

FURNISH_ORGANISATION = "furnish_organisation"  # the name of a job

_MOST = 100

_log = get_logger(__name__)


class OrganisationService:
    """The caller's organisations. Those of others are not found."""

    def __init__(
        self,
        uow: IdentityUnits,
        grace: timedelta | None,
        furnish: Furnish,
        rule: SecondFactorRule = NO_RULE,
    ) -> None:
        """
        Args:
            grace: how long a deleted organisation can be restored; None where there is one.
            furnish: adds what the assistant begins with, as often as it is called.
        """
        self._uow = uow
        self._eraser = OrganisationEraser(uow)
        self._grace = grace
        self._rule = rule
        self._furnish = furnish

    async def page(self, query: OrganisationQuery, by: Principal) -> Page[OrganisationPublic]:
        """Return those that the caller belongs to. Raises InvalidCursorError."""
        async with self._uow.reading(SYSTEM) as uow:
            page = await uow.memberships.page_of_user(by.user_id, query)
            rows = await uow.organisations.find_many([each.organisation_id for each in page.items])
        known = {row.id: row for row in rows}
        there = [each for each in page.items if each.organisation_id in known]
        items = [OrganisationPublic.of(known[each.organisation_id], each.role) for each in there]
        return Page(items=items, next_cursor=page.next_cursor, total=page.total)

    async def read(self, organisation_id: UUID, by: Principal) -> OrganisationPublic:
        """Raises NotFoundError."""
        async with self._uow.reading(SYSTEM) as uow:
            return await _own(uow, organisation_id, by)

    async def create(
        self, data: OrganisationCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[OrganisationPublic]:
        """Add one, whose admin is the caller. A job adds what the assistant begins with.

        Raises ConflictError: the caller belongs to as many as one account may.
        """
        organisation = Organisation.from_input(data)
        async with self._uow(by) as uow:
            match await uow.idempotency.claim(key, organisation.id):
                case Replay(earlier):
                    await uow.go_on_within(earlier)
                    return Replayed(await _own(uow, earlier, by))
                case Answered() as answered:
                    return answered
            # Locked, so that two at once are both counted.
            await uow.users.get(by.user_id, for_update=True)
            if len(await uow.places.of(by.user_id)) >= _MOST:
                raise ConflictError(f"You belong to {_MOST} organisations: leave one first.")
            await _add(uow, organisation)
            await uow.memberships.save(
                Membership(user_id=by.user_id, organisation_id=organisation.id, role=Role.ADMIN)
            )
            await uow.go_on_within(organisation.id)
            uow.record(_event("created", by, changes_between({}, {"name": organisation.name})))
            await uow.commit()
        return OrganisationPublic.of(organisation, Role.ADMIN)

    @retried
    async def rename(
        self, organisation_id: UUID, data: OrganisationUpdate, by: Principal, match: Precondition
    ) -> OrganisationPublic:
        """
        Raises:
            NotFoundError: the caller does not belong to it.
            PermissionDeniedError: they are not an admin of it, or are without the second factor
                that the role requires.
            PreconditionFailedError: it has changed.
        """
        async with self._changing(organisation_id, by, match) as (uow, organisation):
            before, organisation.name = organisation.name, data.name
            changes = changes_between({"name": before}, {"name": data.name})
            uow.record(_event("renamed", by, changes))
        return OrganisationPublic.of(organisation, Role.ADMIN)

    @retried
    async def delete(self, organisation_id: UUID, by: Principal, match: Precondition) -> None:
        """Nobody acts in it any more; it is erased once the grace period is over.

        Raises as `rename` does, and ConflictError for the first one, or if it is deleted already.
        """
        _require_other(organisation_id)
        async with self._changing(organisation_id, by, match) as (uow, organisation):
            if organisation.deleted_at is not None:
                raise ConflictError("The organisation is deleted already.")
            organisation.deleted_at = now()
            # Here at once; other processes hear of it.
            for user_id in await uow.memberships.user_ids(organisation_id):
                uow.forget(CacheName.IDENTITY, user_id)
            uow.record(_event("deleted", by, {}))

    @retried
    async def restore(
        self, organisation_id: UUID, by: Principal, match: Precondition
    ) -> OrganisationPublic:
        """Raises as `rename` does, and ConflictError if it is not deleted."""
        async with self._changing(organisation_id, by, match) as (uow, organisation):
            if organisation.deleted_at is None:
                raise ConflictError("The organisation is not deleted.")
            organisation.deleted_at = None
            uow.record(_event("restored", by, {}))
        return OrganisationPublic.of(organisation, Role.ADMIN)

    async def all(self) -> Sequence[Organisation]:
        """For the command line: return all, the oldest first."""
        async with self._uow.reading(SYSTEM) as uow:
            return await uow.organisations.all()

    async def add(self, data: OrganisationCreate) -> Organisation:
        """For the command line: add one, in which there is nobody yet."""
        organisation = Organisation.from_input(data)
        async with self._uow(SYSTEM) as uow:
            await _add(uow, organisation)
            await uow.commit()
        return organisation

    async def erase(self, organisation_id: UUID) -> int:
        """Delete one at once with all that belongs to it; returns how many rows.

        Accounts stay. Contents of files go with the next clean-up, and the audit trail stays as
        long as its retention says. If it is interrupted, it is done again.

        Raises:
            NotFoundError: there is no such organisation.
            ConflictError: it is the first one.
        """
        _require_other(organisation_id)
        return await self._eraser.erase(organisation_id)

    async def furnish(self, organisation_id: UUID) -> None:
        """Add what a new one begins with. Adds nothing the second time."""
        await self._furnish(Within(organisation_id))

    @property
    def has_many(self) -> bool:
        return self._grace is not None

    async def erase_due(self) -> None:
        """Erase those whose grace period is over.

        Raises ExceptionGroup: what went wrong with some, once the others are erased.
        """
        if self._grace is None:
            return
        before = now() - self._grace
        async with self._uow.reading(SYSTEM) as uow:
            due = await uow.organisations.deleted_before(before)
        await each_alone(due, partial(self._erase_if_due, before))

    async def _erase_if_due(self, before: datetime, organisation_id: UUID) -> None:
        try:
            rows = await self._eraser.erase(organisation_id, deleted_before=before)
        except ConflictError as error:
            _log.info("erasure_dropped", organisation_id=str(organisation_id), why=error.detail)
        else:
            _log.info("organisation_erased", organisation_id=str(organisation_id), rows=rows)

    @asynccontextmanager
    async def _changing(
        self, organisation_id: UUID, by: Principal, match: Precondition
    ) -> AsyncIterator[tuple[IdentityUnit, Organisation]]:
        """Lock one of which the caller is an admin, let them change it, and commit."""
        async with self._uow(SYSTEM) as uow:
            # Locked, so that they are still an admin when it is written.
            user = await uow.users.get(by.user_id, for_update=True)
            await self._require_admin(uow, organisation_id, user, by)
            organisation = await uow.organisations.get(organisation_id, for_update=True)
            match.check(organisation.version)
            yield uow, organisation
            await uow.organisations.save(organisation)
            await uow.go_on_within(organisation_id)
            await uow.commit()

    async def _require_admin(
        self, uow: IdentityUnit, organisation_id: UUID, user: User, by: Principal
    ) -> None:
        """That they are one there, as they may act elsewhere with another role."""
        role = (await _own(uow, organisation_id, by)).role
        if role is not Role.ADMIN:
            raise PermissionDeniedError(
                f"The permission {Permission.USERS_WRITE} is needed in this organisation; "
                f"the role {role} does not have it."
            )
        if self._rule.is_unmet(role, has_factor=user.second_factor_at is not None):
            session = await uow.sessions.get(by.session_id)
            self._rule.require_met(role, has_factor=session.with_passkey)


async def _own(uow: IdentityReading, organisation_id: UUID, by: Principal) -> OrganisationPublic:
    """Raises NotFoundError if the caller does not belong to it."""
    organisation = await uow.organisations.find(organisation_id)
    roles = await uow.memberships.roles([by.user_id], organisation_id)
    if organisation is None or by.user_id not in roles:
        raise NotFoundError.of(uow.organisations.kind, organisation_id)
    return OrganisationPublic.of(organisation, roles[by.user_id])


async def _add(uow: IdentityUnit, organisation: Organisation) -> None:
    await uow.organisations.save(organisation)
    args = {"organisation_id": str(organisation.id)}
    await uow.defer(JobRequest(FURNISH_ORGANISATION, Queue.MAINTENANCE, args))


def _require_other(organisation_id: UUID) -> None:
    if organisation_id == FIRST_ORGANISATION:
        raise ConflictError("The first organisation stays.")


def _event(verb: str, by: Principal, changes: Changes) -> ResourceChanged:
    return ResourceChanged(
        kind=SubjectKind.USER,
        verb=f"organisation_{verb}",
        subject_id=by.user_id,
        by=by,
        changes=changes,
    )
