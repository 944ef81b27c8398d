"""Your account; for admins, everybody's."""

from fastapi import status

from backend.api.deps import CallerDep, ClientDep, PersonDep
from backend.api.etags import MatchDep, TagDep
from backend.api.idempotency import IdempotentRoute
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.models.identity.users import (
    AccountErasure,
    User,
    UserPublic,
    UserUpdate,
)
from backend.services.identity.account_closing import AccountClosingService
from backend.services.identity.users import UserService

router = ResourceRouter(prefix="/users", tags=["users"], route_class=IdempotentRoute)


@router.get("/me", response_model=UserPublic)
async def read_me(caller: CallerDep, users: Injected[UserService], tag: TagDep) -> User:
    """Your own account."""
    return tag(await users.read(caller.user_id, caller))


@router.patch("/me", response_model=UserPublic)
async def update_me(
    data: UserUpdate, caller: PersonDep, users: Injected[UserService], match: MatchDep, tag: TagDep
) -> User:
    """Change your own account."""
    return tag(await users.update_self(data, caller, match))


@router.delete(
    "/me",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=UserPublic,
    responses=declare(CONFLICT),
)
async def close_account(
    data: AccountErasure, by: PersonDep, client: ClientDep, closing: Injected[AccountClosingService]
) -> User:
    """Have your account erased at `erase_at`, with all that is personal of you.

    Your sessions end. Until then you can sign in and keep it. What the team has from you stays.
    """
    return await closing.close(data.password, by, client)


@router.post("/me/keep", response_model=UserPublic, responses=declare(CONFLICT))
async def keep_account(by: PersonDep, closing: Injected[AccountClosingService]) -> User:
    """Keep your account, which was to be erased."""
    return await closing.keep(by)
