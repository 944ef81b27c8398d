"""Register, sign in, refresh tokens, sign out."""

from typing import Annotated

from fastapi import Form, Response, status

from backend.api.deps import ClientDep, PersonDep, public
from backend.api.injection import Injected
from backend.api.problems import (
    CONFLICT,
    NOT_AUTHENTICATED,
    PERMISSION_DENIED,
    SECOND_FACTOR_NEEDED,
    declare,
)
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.identity.auth import PasswordChange, SignIn, TokenRefresh, Tokens
from backend.models.identity.users import User, UserPublic, UserRegister
from backend.services.identity.auth import AuthService
from backend.services.identity.sessions import SessionService
from backend.services.identity.users import UserService

router = ResourceRouter(prefix="/auth", tags=["auth"], route_class=CheckedRoute)


@router.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    response_model=UserPublic,
    dependencies=[public],
    responses=declare(CONFLICT, PERMISSION_DENIED),
)
async def register(
    data: UserRegister, users: Injected[UserService], client: ClientDep, response: Response
) -> User:
    """Create an account, and get a mail that verifies its address.

    Works if REGISTRATION_ENABLED is on; the role is REGISTRATION_ROLE. Limited by account and by
    address, like other requests for mails.
    """
    user = await users.register(data, client)
    response.headers["Location"] = "/api/v1/users/me"
    return user


@router.post(
    "/token",
    dependencies=[public],
    responses=declare(NOT_AUTHENTICATED, SECOND_FACTOR_NEEDED),
)
async def sign_in(
    form: Annotated[SignIn, Form()], auth: Injected[AuthService], client: ClientDep
) -> Tokens:
    """Sign in with e-mail address and password (OAuth 2.0 password flow).

    Failed attempts are limited by account and by address. If the account needs a second factor, the
    problem `second-factor-needed` has a `challenge` to go on with.
    """
    return await auth.sign_in(form.username, form.password, client)


@router.post("/refresh", dependencies=[public], responses=declare(NOT_AUTHENTICATED))
async def refresh(data: TokenRefresh, auth: Injected[AuthService], client: ClientDep) -> Tokens:
    """Exchange a refresh token for a new pair.

    Each refresh token can be used once; reuse ends the session. The same device may reuse it for
    some seconds, as happens with two tabs or a lost response.
    """
    return await auth.refresh(data.refresh_token, client)


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(caller: PersonDep, sessions: Injected[SessionService]) -> None:
    """End this session: its access and refresh tokens are invalid immediately."""
    await sessions.revoke(caller.session_id, caller)


@router.post("/logout-all", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out_everywhere(caller: PersonDep, sessions: Injected[SessionService]) -> None:
    """End all of your sessions, this one too."""
    await sessions.revoke_all(caller)


@router.post("/password", status_code=status.HTTP_204_NO_CONTENT)
async def change_password(
    data: PasswordChange, caller: PersonDep, auth: Injected[AuthService], client: ClientDep
) -> None:
    """Change your password and end your other sessions."""
    await auth.change_password(data, caller, client)
