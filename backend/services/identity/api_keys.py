"""Makes, lists and revokes API keys; `key_access.py` says who calls with one."""

from uuid import UUID

from backend.core.api_keys import new_key, shown_part
from backend.core.attempts import retried
from backend.core.caching import CacheName
from backend.core.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from backend.core.passwords import NO_PASSWORD
from backend.core.permissions import (
    OPEN_TO_KEYS,
    ROLE_PERMISSIONS,
    Permission,
    Principal,
    Role,
    SubjectKind,
)
from backend.core.scopes import FIRST, SYSTEM, Within
from backend.core.security import token_hash
from backend.models.identity.api_keys import ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyQuery
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged
from backend.models.platform.mixins import new_id
from backend.models.platform.paging import Page
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.callers import lock_caller
from backend.services.identity.role_grants import check_giver
from backend.services.platform.change_events import created

_SERVICE_DOMAIN = "keys.invalid"


class ApiKeyService:
    """API keys of people, and service keys, each of which acts as a user of its own.

    The rights of a key are what the role of its user has when it is used, and no more than the key
    is narrowed to.
    """

    def __init__(self, uow: IdentityUnits) -> None:
        self._uow = uow

    async def create(self, data: ApiKeyCreate, by: Principal) -> ApiKeyCreated:
        """Make a key that acts as the caller, or a service key if a role is given.

        Raises:
            InvalidInputError: it is narrowed to a permission that the role does not have.
            PermissionDeniedError: the caller may not give the role, or was deactivated.
            AuthenticationError: their session has ended meanwhile.
        """
        return await self._create(data, by, None)

    async def create_unasked(
        self, data: ApiKeyCreate, user_id: UUID | None, within: Within = FIRST
    ) -> ApiKeyCreated:
        """For the command line: like `create`, for any user or with any role."""
        return await self._create(data, None, user_id, within)

    async def page(self, query: ApiKeyQuery, by: Principal) -> Page[ApiKey]:
        """Return the caller's own keys, or the service keys.

        Raises:
            InvalidCursorError: this list did not issue the cursor.
            PermissionDeniedError: the caller may not see service keys.
        """
        if query.service:
            by.require(Permission.USERS_READ)
        async with self._uow.reading(by) as uow:
            if query.service:
                return await uow.api_keys.page_of_service(query)
            return await uow.api_keys.page_of(by.user_id, query)

    async def page_with_users(
        self, query: ApiKeyQuery, within: Within = FIRST
    ) -> tuple[Page[ApiKey], dict[UUID, User]]:
        """For the command line: return keys of everybody, and their users by id."""
        async with self._uow.reading(within) as uow:
            page = await uow.api_keys.page(query)
            users = await uow.users.find_many({key.user_id for key in page.items})
        return page, {user.id: user for user in users}

    @retried
    async def revoke(self, key_id: UUID, by: Principal | None) -> None:
        """End a key at once. A service key takes its user along.

        Raises:
            NotFoundError: there is no such key, or none that the caller may revoke.
        """
        async with self._uow(by or SYSTEM) as uow:
            key = await uow.api_keys.get(key_id)
            # Locked before the key, as when an account is deactivated.
            user = await uow.users.get(key.user_id, for_update=True)
            if not _may_revoke(key, user, by) or not await uow.api_keys.revoke(key_id):
                raise NotFoundError.of(uow.api_keys.kind, key_id)
            uow.record(_changed(SubjectKind.API_KEY, "revoked", key_id, by))
            if user.is_service and user.is_active:
                user.is_active = False
                await uow.users.save(user)
                uow.record(_changed(SubjectKind.USER, "deactivated", user.id, by))
            uow.forget(CacheName.IDENTITY, user.id)
            await uow.commit()

    async def _create(
        self,
        data: ApiKeyCreate,
        by: Principal | None,
        user_id: UUID | None,
        within: Within = FIRST,
    ) -> ApiKeyCreated:
        text = new_key()
        async with self._uow(by or within) as uow:
            caller = await lock_caller(uow, by) if by else None
            if data.role is not None:
                user = await _add_service(uow, data.name, data.role, caller, by)
            elif caller is not None:
                user = caller
            elif user_id is not None:
                user = await uow.users.get(user_id, for_update=True)
            else:
                raise InvalidInputError("role", "Name the user as whom it acts, or give a role.")
            if not user.is_active:
                raise PermissionDeniedError("The account is deactivated.")
            _check_narrowing(data.permissions, user.role)
            key = ApiKey(
                name=data.name,
                starts_with=shown_part(text),
                expires_at=data.expires_at,
                user_id=user.id,
                token_hash=token_hash(text),
                permissions=data.names,
            )
            await uow.api_keys.add_new(key)
            uow.record(created(SubjectKind.API_KEY, key, by))
            await uow.commit()
        return ApiKeyCreated(**key.model_dump(), key=text)


async def end_keys(uow: IdentityUnit, user_id: UUID, by: Principal | None) -> None:
    """Revoke all keys of a user, and record which. Lock the user first."""
    for key_id in await uow.api_keys.revoke_all(user_id):
        uow.record(_changed(SubjectKind.API_KEY, "revoked", key_id, by))
    uow.forget(CacheName.IDENTITY, user_id)


async def _add_service(
    uow: IdentityUnit, name: str, role: Role, caller: User | None, by: Principal | None
) -> User:
    """Raises PermissionDeniedError if the caller may not give the role."""
    if caller is not None:
        check_giver(caller, role)
    user = User(
        # Nobody has an address there, nor ever can (RFC 2606).
        email=f"{new_id().hex}@{_SERVICE_DOMAIN}",
        full_name=name,
        role=role,
        is_service=True,
        password_hash=NO_PASSWORD,
    )
    await uow.users.save(user)
    await uow.places.add(user)
    uow.record(created(SubjectKind.USER, user, by))
    return user


def _check_narrowing(permissions: list[Permission] | None, role: Role) -> None:
    allowed = ROLE_PERMISSIONS[role] & OPEN_TO_KEYS
    for permission in permissions or ():
        if permission in allowed:
            continue
        reason = "no API key may have" if permission.in_person else f"the role {role} does not have"
        raise InvalidInputError("permissions", f"Leave out {permission}, which {reason}.")


def _may_revoke(key: ApiKey, user: User, by: Principal | None) -> bool:
    if by is None or key.user_id == by.user_id:
        return True
    return user.is_service and by.may(Permission.USERS_WRITE)


def _changed(kind: SubjectKind, verb: str, row_id: UUID, by: Principal | None) -> ResourceChanged:
    return ResourceChanged(kind=kind, verb=verb, subject_id=row_id, by=by)
