"""Your sessions: listed, ended, and signing out."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import PersonDep
from backend.api.injection import Injected
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.identity.sessions import SessionPublic, SessionQuery, UserSession
from backend.models.platform.paging import Page
from backend.services.identity.sessions import SessionService

router = ResourceRouter(prefix="/auth/sessions", tags=["auth"], route_class=CheckedRoute)

SessionId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e02"])]


@router.get("", response_model=Page[SessionPublic])
async def list_sessions(
    query: Annotated[SessionQuery, Query()], caller: PersonDep, sessions: Injected[SessionService]
) -> Page[UserSession]:
    """Where you are signed in."""
    return await sessions.page(query, caller)


@router.delete("/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_session(
    session_id: SessionId, caller: PersonDep, sessions: Injected[SessionService]
) -> None:
    """End one of your sessions, on any device."""
    await sessions.revoke(session_id, caller)
