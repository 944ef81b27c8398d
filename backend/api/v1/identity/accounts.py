"""Everybody's accounts. Where there are many organisations, these have members instead."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import ClientDep, may
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.identity.impersonation import Impersonation, ImpersonationToken
from backend.models.identity.users import (
    User,
    UserCreate,
    UserPublic,
    UserQuery,
    UserRole,
)
from backend.models.platform.paging import Page
from backend.services.identity.impersonations import ImpersonationService
from backend.services.identity.users import UserService

router = ResourceRouter(prefix="/users", tags=["users"], route_class=IdempotentRoute)

UserId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01"])]
MayRead = Annotated[Principal, may(Permission.USERS_READ)]
MayWrite = Annotated[Principal, may(Permission.USERS_WRITE)]


@router.get("", response_model=Page[UserPublic])
async def list_users(
    query: Annotated[UserQuery, Query()], by: MayRead, users: Injected[UserService]
) -> Page[User]:
    """All accounts, deactivated ones too."""
    return await users.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=UserPublic,
    responses=declare(CONFLICT),
)
async def create_user(
    data: UserCreate,
    by: MayWrite,
    users: Injected[UserService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> User | KeptAnswer:
    """Create an account with any role."""
    return tag.created("users", await users.create(data, by, key))


@router.get("/{user_id}", response_model=UserPublic)
async def read_user(
    user_id: UserId, by: MayRead, users: Injected[UserService], tag: CachedTagDep
) -> User:
    """One account."""
    return tag(await users.read(user_id, by))


@router.put(
    "/{user_id}/role",
    response_model=UserPublic,
    responses=declare(CONFLICT),
)
async def change_role(
    user_id: UserId,
    data: UserRole,
    by: MayWrite,
    users: Injected[UserService],
    match: MatchDep,
    tag: TagDep,
) -> User:
    """Change the role of a user, effective from the next request.

    The last active admin can't be demoted.
    """
    return tag(await users.set_role(user_id, data.role, by, match))


@router.post(
    "/{user_id}/deactivate",
    response_model=UserPublic,
    responses=declare(CONFLICT),
)
async def deactivate_user(
    user_id: UserId, by: MayWrite, users: Injected[UserService], match: MatchDep, tag: TagDep
) -> User:
    """Lock the user out and end all their sessions. Nothing of theirs is deleted.

    The last active admin can't be deactivated.
    """
    return tag(await users.deactivate(user_id, by, match))


@router.post("/{user_id}/activate", response_model=UserPublic, responses=declare(CONFLICT))
async def activate_user(
    user_id: UserId, by: MayWrite, users: Injected[UserService], match: MatchDep, tag: TagDep
) -> User:
    """Let a deactivated user sign in again."""
    return tag(await users.activate(user_id, by, match))


@router.post("/{user_id}/impersonate", responses=declare(CONFLICT))
async def impersonate_user(
    user_id: UserId,
    data: Impersonation,
    by: MayWrite,
    client: ClientDep,
    impersonations: Injected[ImpersonationService],
) -> ImpersonationToken:
    """Sign in as somebody else, for a reason and at most an hour. They are told by mail.

    What is for the person alone stays closed, such as their password, keys and sessions. Each event
    names you as `impersonator_id`.
    """
    return await impersonations.begin(user_id, data, by, client)
