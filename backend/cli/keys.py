"""`mvp key`: makes, lists and revokes API keys."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from backend.cli.options import OrganisationId
from backend.cli.runtime import console, running_database, valid, with_units_of_work
from backend.core.config import ConfigurationError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Permission, Role
from backend.core.scopes import FIRST_ORGANISATION, Within
from backend.models.identity.api_keys import ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyQuery
from backend.models.identity.users import User
from backend.models.platform.mixins import now
from backend.models.platform.paging import Page
from backend.services.identity.api_keys import ApiKeyService
from backend.services.identity.users import UserService

Result = TypeVar("Result")

app = typer.Typer(name="key", help="Manage API keys.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    user: Annotated[
        str | None, typer.Option(help="The e-mail address of the user as whom it acts.")
    ] = None,
    role: Annotated[
        Role | None, typer.Option(help="Instead: make a service key with this role.")
    ] = None,
    permission: Annotated[
        list[Permission] | None,
        typer.Option(help="Narrow the key to this; may be given more than once."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="How long it is valid.")
    ] = None,
    organisation: OrganisationId = FIRST_ORGANISATION,
) -> None:
    """Make a key, which is printed this once."""
    if (user is None) == (role is None):
        raise ConfigurationError("Give either --user or --role.")
    expires = now() + timedelta(days=days) if days else None
    fields = {"name": name, "role": role, "permissions": permission, "expires_at": expires}
    data = valid(ApiKeyCreate, fields)

    async def work(keys: ApiKeyService, users: UserService) -> ApiKeyCreated:
        owner = None if user is None else (await users.find_by_email(user)).id
        return await keys.create_unasked(data, owner, Within(organisation))

    console.print(_with_services(work).key, soft_wrap=True)


@app.command("list")
def list_keys(
    limit: Annotated[int, typer.Option(min=1, max=200, help="The maximum number to show.")] = 200,
    organisation: OrganisationId = FIRST_ORGANISATION,
) -> None:
    """Show keys that were not revoked, the newest first."""

    async def work(keys: ApiKeyService, _: UserService) -> tuple[Page[ApiKey], dict[UUID, User]]:
        return await keys.page_with_users(ApiKeyQuery(limit=limit), Within(organisation))

    page, users = _with_services(work)
    for key in page.items:
        shown = _described(key, users[key.user_id])
        console.print(shown, markup=False, highlight=False, soft_wrap=True)
    if page.next_cursor:
        console.print(f"There are more than these {limit}.")


@app.command()
def revoke(key_id: Annotated[UUID, typer.Argument(metavar="ID", help="See `list`.")]) -> None:
    """Revoke a key, effective from the next request."""
    _with_services(lambda keys, _: keys.revoke(key_id, None))
    console.print(f"{key_id} is revoked.")


def _described(key: ApiKey, user: User) -> str:
    """Return two lines: as cells of a table, they would not fit into a terminal."""
    owner = f"service ({user.role})" if user.is_service else user.email
    rights = "all permissions" if key.permissions is None else " ".join(key.permissions)
    expires = f"expires {key.expires_at:%Y-%m-%d}" if key.expires_at else "never expires"
    used = f"last used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
    return f"{key.id}  {key.starts_with}  {key.name}\n    {owner}; {rights}; {expires}; {used}"


def _with_services(work: Callable[[ApiKeyService, UserService], Awaitable[Result]]) -> Result:
    with running_database() as settings:
        return with_units_of_work(
            settings,
            lambda uow: work(ApiKeyService(uow), UserService(uow, PasswordHasher(), None)),
        )
