"""Join organisations, and act in another of your own."""

from fastapi import status

from backend.api.deps import ClientDep, PersonDep
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, NOT_FOUND, PERMISSION_DENIED, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.identity.account_tokens import GivenToken
from backend.models.identity.auth import Tokens
from backend.models.identity.organisations import OrganisationChoice
from backend.services.identity.switching import SwitchingService

router = ResourceRouter(prefix="/auth", tags=["auth"], route_class=CheckedRoute)


@router.post("/organisation", responses=declare(NOT_FOUND, PERMISSION_DENIED))
async def switch_organisation(
    data: OrganisationChoice,
    caller: PersonDep,
    switching: Injected[SwitchingService],
    client: ClientDep,
) -> Tokens:
    """Open a session in another of your organisations; the present one stays as it is."""
    return await switching.switch(data.organisation_id, caller, client)


@router.post(
    "/join-organisation",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=declare(CONFLICT, PERMISSION_DENIED),
)
async def join_organisation(
    data: GivenToken, caller: PersonDep, switching: Injected[SwitchingService]
) -> None:
    """Accept an invitation with your account, if it was sent to your address."""
    await switching.join(data.token, caller)
