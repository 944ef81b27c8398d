from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select as of_columns, update
from sqlmodel import col, select

from backend.core.permissions import KeyRights, Means, Principal
from backend.core.scopes import FIRST_ORGANISATION
from backend.models.identity.api_keys import ApiKey, ApiKeyQuery
from backend.models.identity.users import User
from backend.models.platform.mixins import now
from backend.models.platform.organisations import ORGANISATION_COLUMN
from backend.models.platform.paging import Page
from backend.repositories.identity.sessions import Identity
from backend.repositories.sql.identity.places import ROLE, in_organisation
from backend.repositories.sql.platform.base import in_order
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.organisations import organisation_column, scope_of

_NEVER = datetime.max.replace(tzinfo=UTC)
_UNREVOKED = col(ApiKey.revoked_at).is_(None)


def _active(role: Any, *more: Any) -> Select[Any]:
    """As frequent as the query for a session, and as cheap: built once, run without the ORM."""
    return (
        of_columns(col(User.id), role, col(User.second_factor_at))
        .add_columns(col(ApiKey.permissions), col(ApiKey.expires_at))
        .add_columns(col(ApiKey.id).label("key_id"), *more)
        .join(ApiKey, col(ApiKey.user_id) == col(User.id))
        .where(col(User.is_active), _UNREVOKED)
        .where(col(ApiKey.expires_at).is_(None) | (col(ApiKey.expires_at) > bindparam("now")))
    )


class _Queries(NamedTuple):
    by_id: Select[Any]
    by_hash: Select[Any]

    @classmethod
    def of(cls, active: Select[Any]) -> Self:
        by_id = active.where(col(ApiKey.id) == bindparam("id"))
        return cls(by_id, active.where(col(ApiKey.token_hash) == bindparam("hash")))


_OF_ONE = _Queries.of(_active(col(User.role)))
_OF_MANY = _Queries.of(in_organisation(_active(ROLE, organisation_column(ApiKey)), ApiKey))
"""Where there is one organisation, and where there are many."""


class SqlApiKeyRepository(SqlList[ApiKey, ApiKeyQuery]):
    model = ApiKey
    kind = "API key"
    sorts = {"created_at": by_column(ApiKey.created_at, MOMENT)}

    def conditions(self, query: ApiKeyQuery) -> Iterator[ColumnElement[bool]]:
        yield _UNREVOKED

    async def identity(self, key_id: UUID) -> Identity | None:
        return await self._identity(self._queries.by_id, id=key_id)

    async def identity_by_hash(self, token_hash: str) -> Identity | None:
        return await self._identity(self._queries.by_hash, hash=token_hash)

    @property
    def _queries(self) -> _Queries:
        return _OF_ONE if scope_of(self._session) is None else _OF_MANY

    async def _identity(self, statement: Any, **which: Any) -> Identity | None:
        connection = await self._session.connection()
        found = (await connection.execute(statement, {**which, "now": now()})).one_or_none()
        if found is None:
            return None
        rights = KeyRights.of(found.permissions)
        organisation_id = getattr(found, ORGANISATION_COLUMN, FIRST_ORGANISATION)
        principal = Principal(
            found.id, found.role, found.key_id, organisation_id, Means.API_KEY, rights
        )
        has_factor = found.second_factor_at is not None
        return Identity(principal, found.expires_at or _NEVER, has_factor)

    async def touch(self, key_id: UUID, seconds: int) -> None:
        recently = now() - timedelta(seconds=seconds)
        unrecorded = col(ApiKey.last_used_at).is_(None) | (col(ApiKey.last_used_at) < recently)
        # Whoever records it at the same moment does it for all.
        key = select(ApiKey.id).where(ApiKey.id == key_id, unrecorded)
        free = key.with_for_update(skip_locked=True, **LOCK)
        used = update(ApiKey).where(col(ApiKey.id).in_(free)).values(last_used_at=now())
        await self._session.exec(used.execution_options(synchronize_session=False))

    async def page_of(self, user_id: UUID, query: ApiKeyQuery) -> Page[ApiKey]:
        return await self._page(query, col(ApiKey.user_id) == user_id, _UNREVOKED)

    async def page_of_service(self, query: ApiKeyQuery) -> Page[ApiKey]:
        users = select(User.id).where(col(User.is_service))
        return await self._page(query, col(ApiKey.user_id).in_(users), _UNREVOKED)

    async def revoke(self, key_id: UUID) -> bool:
        return bool(await self._revoke(col(ApiKey.id) == key_id))

    async def revoke_all(self, user_id: UUID) -> list[UUID]:
        return await self._revoke(col(ApiKey.user_id) == user_id)

    async def _revoke(self, which: ColumnElement[bool]) -> list[UUID]:
        live = in_order(col(ApiKey.id), which, _UNREVOKED)
        revoked = update(ApiKey).where(live).values(revoked_at=now())
        return sorted((await self._session.exec(revoked.returning(col(ApiKey.id)))).scalars())
