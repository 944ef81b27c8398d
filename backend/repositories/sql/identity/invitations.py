from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_
from sqlmodel import col, select

from backend.models.identity.invitations import Invitation, InvitationQuery, InvitationStatus
from backend.models.platform.mixins import now
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList


class SqlInvitationRepository(SqlList[Invitation, InvitationQuery]):
    model = Invitation
    kind = "invitation"
    sorts = {"created_at": by_column(Invitation.created_at, MOMENT)}

    async def take_back_expired(self, email: str) -> list[UUID]:
        expired = (col(Invitation.accepted_at).is_(None), col(Invitation.expires_at) <= now())
        gone = delete(Invitation).where(col(Invitation.email) == email, *expired)
        found = await self._session.exec(gone.returning(col(Invitation.id)))
        return sorted(found.scalars())

    async def inviter_of(self, invitation_id: UUID) -> UUID | None:
        inviter = select(Invitation.invited_by).where(Invitation.id == invitation_id)
        return (await self._session.exec(inviter)).one_or_none()

    async def lock_open_of(self, inviter_id: UUID) -> list[Invitation]:
        still_open = (Invitation.invited_by == inviter_id, col(Invitation.accepted_at).is_(None))
        found = select(Invitation).where(*still_open).order_by(col(Invitation.id))
        return list((await self._session.exec(found.with_for_update(**LOCK))).all())

    def conditions(self, query: InvitationQuery) -> Iterator[ColumnElement[bool]]:
        accepted = col(Invitation.accepted_at).is_not(None)
        expired = col(Invitation.expires_at) <= now()
        meant = {
            InvitationStatus.OPEN: ~accepted & ~expired,
            InvitationStatus.EXPIRED: ~accepted & expired,
            InvitationStatus.ACCEPTED: accepted,
        }
        if query.status:
            yield or_(*(meant[status] for status in query.status))
