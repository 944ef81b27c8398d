"""The targets of links in mails, and requests for such mails."""

from fastapi import Response, status

from backend.api.deps import CallerIfAnyDep, ClientDep, PersonDep, public
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.identity.account_tokens import (
    EmailChange,
    GivenToken,
    InvitationAcceptance,
    MailOnItsWay,
    NewPassword,
    PasswordResetRequest,
)
from backend.models.identity.users import User, UserPublic
from backend.services.identity.email_changes import EmailChangeService
from backend.services.identity.email_verification import EmailVerificationService
from backend.services.identity.impersonations import ImpersonationService
from backend.services.identity.invitations import InvitationService
from backend.services.identity.password_resets import PasswordResetService
from backend.services.identity.session_ends import SessionEndService

router = ResourceRouter(prefix="/auth", tags=["auth"], route_class=CheckedRoute)


@router.post("/verify-email", status_code=status.HTTP_204_NO_CONTENT, dependencies=[public])
async def verify_email(data: GivenToken, verification: Injected[EmailVerificationService]) -> None:
    """Verify your e-mail address with the token of a mail."""
    await verification.verify(data.token)


@router.post(
    "/verify-email/resend",
    status_code=status.HTTP_202_ACCEPTED,
    responses=declare(CONFLICT),
)
async def resend_verification(
    caller: PersonDep, client: ClientDep, verification: Injected[EmailVerificationService]
) -> MailOnItsWay:
    """Send the mail that verifies your address again."""
    await verification.send_again(caller, client)
    return MailOnItsWay(detail="A mail is on its way to your address.")


@router.post("/email", status_code=status.HTTP_202_ACCEPTED, responses=declare(CONFLICT))
async def request_email_change(
    data: EmailChange, by: PersonDep, client: ClientDep, changes: Injected[EmailChangeService]
) -> MailOnItsWay:
    """Request a mail to another address, which confirms that you sign in with it from then on."""
    await changes.request(data, by, client)
    return MailOnItsWay(detail="A mail is on its way to the new address.")


@router.post(
    "/email/confirm",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[public],
    responses=declare(CONFLICT),
)
async def change_email(data: GivenToken, changes: Injected[EmailChangeService]) -> None:
    """Change the address of your account with the token of a mail, and tell the one before."""
    await changes.confirm(data.token)


@router.post("/password-reset", status_code=status.HTTP_202_ACCEPTED, dependencies=[public])
async def request_password_reset(
    data: PasswordResetRequest, client: ClientDep, resets: Injected[PasswordResetService]
) -> MailOnItsWay:
    """Request a mail for setting a new password.

    The response is the same whether or not the account exists. Requests are limited by account and
    by address.
    """
    await resets.request(data.email, client)
    return MailOnItsWay(detail="If an account with this address exists, a mail is on its way.")


@router.post(
    "/password-reset/confirm", status_code=status.HTTP_204_NO_CONTENT, dependencies=[public]
)
async def reset_password(
    data: NewPassword, client: ClientDep, resets: Injected[PasswordResetService]
) -> None:
    """Set a new password with the token of a mail, and end all of your sessions."""
    await resets.confirm(data, client)


@router.post("/end-sessions", status_code=status.HTTP_204_NO_CONTENT, dependencies=[public])
async def end_sessions(
    data: GivenToken, by: CallerIfAnyDep, ends: Injected[SessionEndService]
) -> None:
    """End all of your sessions with the token of a mail about a new device.

    The one stays whose access token you send with it, if you do. API keys stay, too.
    """
    await ends.end_others(data.token, by)


@router.post("/end-impersonation", status_code=status.HTTP_204_NO_CONTENT, dependencies=[public])
async def end_impersonation(
    data: GivenToken, impersonations: Injected[ImpersonationService]
) -> None:
    """Sign an admin out who is signed in as you, with the token of the mail that said so."""
    await impersonations.end_by_mail(data.token)


@router.post(
    "/accept-invitation",
    status_code=status.HTTP_201_CREATED,
    response_model=UserPublic,
    dependencies=[public],
    responses=declare(CONFLICT),
)
async def accept_invitation(
    data: InvitationAcceptance,
    client: ClientDep,
    invitations: Injected[InvitationService],
    response: Response,
) -> User:
    """Create the account that you were invited to, with the token of the mail."""
    user = await invitations.accept(data, client)
    response.headers["Location"] = "/api/v1/users/me"
    return user
