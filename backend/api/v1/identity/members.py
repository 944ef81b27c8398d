"""Who belongs to the organisation in which you act."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import ClientDep, PersonDep, may
from backend.api.etags import MatchDep, TagDep
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, NOT_FOUND, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.identity.impersonation import Impersonation, ImpersonationToken
from backend.models.identity.memberships import MemberPublic, MemberQuery, MemberRole
from backend.models.platform.paging import Page
from backend.services.identity.impersonations import ImpersonationService
from backend.services.identity.members import MemberService

router = ResourceRouter(prefix="/members", tags=["members"], route_class=CheckedRoute)

UserId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01"])]
MayRead = Annotated[Principal, may(Permission.USERS_READ)]
MayWrite = Annotated[Principal, may(Permission.USERS_WRITE)]


@router.get("", response_model=Page[MemberPublic])
async def list_members(
    query: Annotated[MemberQuery, Query()], by: MayRead, members: Injected[MemberService]
) -> Page[MemberPublic]:
    """Everybody in the organisation, with their roles."""
    return await members.page(query, by)


@router.post(
    "/leave",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=declare(CONFLICT, NOT_FOUND),
)
async def leave_organisation(caller: PersonDep, members: Injected[MemberService]) -> None:
    """Leave the organisation: your sessions, API keys and invitations in it end.

    The last active admin can't leave; they can delete the organisation.
    """
    await members.leave(caller)


@router.get("/{user_id}", response_model=MemberPublic)
async def read_member(
    user_id: UserId, by: MayRead, members: Injected[MemberService], tag: TagDep
) -> MemberPublic:
    """One member."""
    return tag(await members.read(user_id, by))


@router.put("/{user_id}/role", response_model=MemberPublic, responses=declare(CONFLICT))
async def change_member_role(
    user_id: UserId,
    data: MemberRole,
    by: MayWrite,
    members: Injected[MemberService],
    match: MatchDep,
    tag: TagDep,
) -> MemberPublic:
    """Change the role of a member, effective from the next request.

    The last active admin can't be demoted.
    """
    return tag(await members.set_role(user_id, data.role, by, match))


@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT, responses=declare(CONFLICT))
async def remove_member(
    user_id: UserId, by: MayWrite, members: Injected[MemberService], match: MatchDep
) -> None:
    """End a membership at once, with the sessions, API keys and invitations in the organisation.

    The account stays, and what they did. The last active admin can't be removed.
    """
    await members.remove(user_id, by, match)


@router.post("/{user_id}/impersonate", responses=declare(CONFLICT))
async def impersonate_member(
    user_id: UserId,
    data: Impersonation,
    by: MayWrite,
    client: ClientDep,
    impersonations: Injected[ImpersonationService],
) -> ImpersonationToken:
    """Sign in as a member, in this organisation alone, for a reason and at most an hour.

    They are told by mail. What is for the person alone stays closed, such as their password, keys,
    sessions and other organisations. Each event names you as `impersonator_id`.
    """
    return await impersonations.begin(user_id, data, by, client)
