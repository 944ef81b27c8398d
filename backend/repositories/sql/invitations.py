from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_
from sqlmodel import col

from backend.models.invitations import Invitation, InvitationQuery, InvitationStatus
from backend.models.mixins import now
from backend.repositories.sql.keyset import MOMENT, by_column
from backend.repositories.sql.lists import SqlList


class SqlInvitationRepository(SqlList[Invitation, InvitationQuery]):
    model = Invitation
    kind = "invitation"
    sorts = {"created_at": by_column(Invitation.created_at, MOMENT)}

    async def take_back_expired(self, email: str) -> list[UUID]:
        expired = (col(Invitation.accepted_at).is_(None), col(Invitation.expires_at) <= now())
        gone = delete(Invitation).where(col(Invitation.email) == email, *expired)
        found = await self._session.exec(gone.returning(col(Invitation.id)))
        return sorted(found.scalars())

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
