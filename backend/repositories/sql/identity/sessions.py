from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select as of_columns, update
from sqlmodel import col, select

from backend.core.permissions import Principal
from backend.core.scopes import FIRST_ORGANISATION
from backend.models.identity.sessions import RefreshToken, SessionQuery, UserSession
from backend.models.identity.users import User
from backend.models.platform.mixins import now
from backend.models.platform.organisations import ORGANISATION_COLUMN
from backend.models.platform.paging import Page
from backend.repositories.identity.sessions import Identity, TokenFamily
from backend.repositories.sql.identity.places import ROLE, in_organisation
from backend.repositories.sql.platform.base import in_order
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.organisations import organisation_column, scope_of
from backend.repositories.sql.platform.writing import Writer


def _active(role: Any, *more: Any) -> Select[Any]:
    """The most frequent query: built once and run without the ORM, it costs half."""
    return (
        of_columns(col(User.id), role, col(User.second_factor_at))
        .add_columns(col(UserSession.expires_at), col(UserSession.impersonator_id))
        .add_columns(col(UserSession.with_passkey), *more)
        .join(UserSession, col(UserSession.user_id) == col(User.id))
        .where(col(UserSession.id) == bindparam("id"), col(UserSession.revoked_at).is_(None))
        .where(col(UserSession.expires_at) > bindparam("now"), col(User.is_active))
    )


_OF_ONE = _active(col(User.role))
_OF_MANY = in_organisation(_active(ROLE, organisation_column(UserSession)), UserSession)
"""Where there is one organisation, and where there are many."""

_FIRST_DAY = timedelta(days=1)


class SqlSessionRepository(SqlList[UserSession, SessionQuery]):
    model = UserSession
    kind = "session"
    sorts = {"created_at": by_column(UserSession.created_at, MOMENT)}

    async def identity(self, session_id: UUID) -> Identity | None:
        connection = await self._session.connection()
        query = _OF_ONE if scope_of(self._session) is None else _OF_MANY
        found = (await connection.execute(query, {"id": session_id, "now": now()})).one_or_none()
        if found is None:
            return None
        caller = Principal(
            found.id,
            found.role,
            session_id,
            getattr(found, ORGANISATION_COLUMN, FIRST_ORGANISATION),
            impersonator_id=found.impersonator_id,
        )
        has_factor = found.with_passkey or found.second_factor_at is not None
        return Identity(caller, found.expires_at, has_second_factor=has_factor)

    async def page_live(self, user_id: UUID, query: SessionQuery) -> Page[UserSession]:
        return await self._page(query, col(UserSession.user_id) == user_id, *_live())

    async def page_impersonations(self, query: SessionQuery, within: UUID) -> Page[UserSession]:
        return await self._page(query, *_impersonating(within))

    async def lock_impersonation(
        self, session_id: UUID, *, within: UUID | None = None
    ) -> UserSession | None:
        wanted = select(UserSession).where(UserSession.id == session_id, *_impersonating(within))
        return (await self._session.exec(wanted.with_for_update(**LOCK))).one_or_none()

    async def is_from_new_device(self, session: UserSession) -> bool:
        own = col(UserSession.user_id) == session.user_id
        theirs = own & col(UserSession.impersonator_id).is_(None)
        earlier = select(UserSession.device).where(theirs, col(UserSession.id) < session.id)
        devices = set((await self._session.exec(earlier.distinct())).all())
        if devices:
            return session.device not in devices
        # Old sessions are purged, so none may mean long ago.
        user = await self._session.get_one(User, session.user_id)
        return session.created_at - user.created_at > _FIRST_DAY

    async def save_token(self, token: RefreshToken) -> None:
        cast(Writer, self._session).add_new(token)

    async def lock_family(self, token_hash: str) -> TokenFamily | None:
        this_one = RefreshToken.token_hash == token_hash
        its_session = select(RefreshToken.session_id).where(this_one).scalar_subquery()
        family = (
            select(UserSession, User)
            .join(User, col(User.id) == col(UserSession.user_id))
            .where(UserSession.id == its_session)
            .with_for_update(of=UserSession, **LOCK)
        )
        locked = (await self._session.exec(family)).one_or_none()
        # Read with the lock held: another process may just have used it.
        token = select(RefreshToken, func.clock_timestamp()).where(this_one)
        found = (await self._session.exec(token)).one_or_none() if locked else None
        return TokenFamily(found[0], *locked, found[1]) if locked and found else None

    async def use_tokens(self, session_id: UUID, at: datetime) -> None:
        unused = (col(RefreshToken.session_id) == session_id, col(RefreshToken.used_at).is_(None))
        used = update(RefreshToken).where(*unused).values(used_at=at)
        await self._session.exec(used.execution_options(synchronize_session=False))

    async def revoke_impersonations_by(self, user_id: UUID, *, within: UUID | None = None) -> None:
        live = [col(UserSession.impersonator_id) == user_id, col(UserSession.revoked_at).is_(None)]
        if within is not None:
            live.append(organisation_column(UserSession) == within)
        ended = update(UserSession).where(in_order(col(UserSession.id), *live))
        revoked = ended.values(revoked_at=now())
        await self._session.exec(revoked.execution_options(synchronize_session=False))

    async def revoke_all(
        self, user_id: UUID, *, keep: UUID | None = None, within: UUID | None = None
    ) -> dict[UUID, UUID]:
        theirs = (UserSession.user_id, UserSession.impersonator_id)
        live = [
            or_(*(col(each) == user_id for each in theirs)),
            col(UserSession.revoked_at).is_(None),
        ]
        if keep is not None:
            live.append(col(UserSession.id) != keep)
        if within is not None:
            live.append(organisation_column(UserSession) == within)
        locked = in_order(col(UserSession.id), *live)
        ended = update(UserSession).where(locked).values(revoked_at=now())
        whose = ended.returning(col(UserSession.id), col(UserSession.user_id))
        return {row.id: row.user_id for row in await self._session.exec(whose)}


def _impersonating(within: UUID | None) -> list[ColumnElement[bool]]:
    conditions = [col(UserSession.impersonator_id).is_not(None), *_live()]
    if within is not None:
        conditions.append(organisation_column(UserSession) == within)
    return conditions


def _live() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(UserSession.revoked_at).is_(None), col(UserSession.expires_at) > now()
