"""Invitations to create an account with a role."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import may
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.identity.invitations import (
    Invitation,
    InvitationCreate,
    InvitationPublic,
    InvitationQuery,
)
from backend.models.platform.paging import Page
from backend.services.identity.invitations import InvitationService

router = ResourceRouter(prefix="/invitations", tags=["invitations"], route_class=IdempotentRoute)

InvitationId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e11"])]
MayRead = Annotated[Principal, may(Permission.USERS_READ)]
MayInvite = Annotated[Principal, may(Permission.USERS_WRITE)]


@router.get("", response_model=Page[InvitationPublic])
async def list_invitations(
    query: Annotated[InvitationQuery, Query()],
    by: MayRead,
    invitations: Injected[InvitationService],
) -> Page[Invitation]:
    """All invitations that were not revoked."""
    return await invitations.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=InvitationPublic,
    responses=declare(CONFLICT),
)
async def create_invitation(
    data: InvitationCreate,
    by: MayInvite,
    invitations: Injected[InvitationService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Invitation | KeptAnswer:
    """Invite somebody to create an account with a role. They get a mail with a link."""
    return tag.created("invitations", await invitations.create(data, by, key))


@router.get("/{invitation_id}", response_model=InvitationPublic)
async def read_invitation(
    invitation_id: InvitationId,
    by: MayRead,
    invitations: Injected[InvitationService],
    tag: CachedTagDep,
) -> Invitation:
    """One invitation."""
    return tag(await invitations.read(invitation_id, by))


@router.delete(
    "/{invitation_id}", status_code=status.HTTP_204_NO_CONTENT, responses=declare(CONFLICT)
)
async def revoke_invitation(
    invitation_id: InvitationId,
    by: MayInvite,
    invitations: Injected[InvitationService],
    match: MatchDep,
) -> None:
    """Revoke an invitation that was not accepted: its links are invalid immediately."""
    await invitations.revoke(invitation_id, by, match)


@router.post(
    "/{invitation_id}/resend", response_model=InvitationPublic, responses=declare(CONFLICT)
)
async def resend_invitation(
    invitation_id: InvitationId,
    by: MayInvite,
    invitations: Injected[InvitationService],
    match: MatchDep,
    tag: TagDep,
) -> Invitation:
    """Send a new link, valid for as long as the first one was; earlier links become invalid."""
    return tag(await invitations.send_again(invitation_id, by, match))
