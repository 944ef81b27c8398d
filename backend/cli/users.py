"""`mvp user`: creates and changes accounts."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table

from backend.cli.options import OrganisationId
from backend.cli.runtime import console, running_database, valid, with_units_of_work
from backend.core.config import Settings
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Role
from backend.core.scopes import FIRST_ORGANISATION, Within
from backend.models.identity.memberships import MemberPublic
from backend.models.identity.users import PasswordReset, User, UserCreate, UserQuery
from backend.models.platform.idempotency import made
from backend.models.platform.paging import Page
from backend.services.identity.members import MemberService
from backend.services.identity.second_factors import SecondFactorReset
from backend.services.identity.users import UserService

if TYPE_CHECKING:
    from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory

Result = TypeVar("Result")

app = typer.Typer(name="user", help="Manage accounts.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The user's e-mail address.")]
Password = Annotated[
    str,
    typer.Option(
        prompt=True,
        hide_input=True,
        confirmation_prompt=True,
        envvar="MVP_PASSWORD",
        help="At least 8 characters; prompted for if left out.",
    ),
]


@app.command()
def create(
    email: Email,
    password: Password,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.VIEWER,
    name: Annotated[str | None, typer.Option(help="The full name.")] = None,
    organisation: OrganisationId = FIRST_ORGANISATION,
) -> None:
    """Create an account."""
    fields = {"email": email, "full_name": name or email, "password": password, "role": role}
    data = valid(UserCreate, fields)
    user = made(_with_service(lambda users: users.create(data, None, within=Within(organisation))))
    console.print(f"Created {user.email} as {user.role}.")


@app.command("list")
def list_users(
    limit: Annotated[int, typer.Option(min=1, max=200, help="The maximum number to show.")] = 200,
    organisation: OrganisationId = FIRST_ORGANISATION,
) -> None:
    """Show accounts, the newest first."""
    query, within = UserQuery(limit=limit), Within(organisation)
    page: Page[User] = _with_service(lambda users: users.page(query, within))
    table = Table("E-mail", "Name", "Role", "Active")
    for user in page.items:
        table.add_row(user.email, user.full_name, user.role, "yes" if user.is_active else "no")
    console.print(table)
    if page.next_cursor:
        console.print(f"There are more than these {limit}.")


@app.command("set-role")
def set_role(email: Email, role: Role, organisation: OrganisationId = FIRST_ORGANISATION) -> None:
    """Change the role of a user."""

    async def work(uow: "SqlUnitOfWorkFactory", *, has_many: bool) -> User | MemberPublic:
        users = UserService(uow, PasswordHasher(), None)
        user_id = (await users.find_by_email(email)).id
        if has_many:
            return await MemberService(uow).set_role(
                user_id, role, None, within=Within(organisation)
            )
        return await users.set_role(user_id, role, None)

    with running_database() as settings:
        has_many = settings.database.has_many_organisations
        user = with_units_of_work(settings, lambda uow: work(uow, has_many=has_many))
    console.print(f"{user.email} is now {user.role}.")


@app.command()
def deactivate(email: Email) -> None:
    """Lock a user out and end all their sessions."""

    async def work(users: UserService) -> User:
        return await users.deactivate((await users.find_by_email(email)).id, None)

    console.print(f"{_with_service(work).email} is deactivated.")


@app.command()
def activate(email: Email) -> None:
    """Let a deactivated user sign in again."""

    async def work(users: UserService) -> User:
        return await users.activate((await users.find_by_email(email)).id, None)

    console.print(f"{_with_service(work).email} is active.")


@app.command("reset-password")
def reset_password(email: Email, password: Password) -> None:
    """Set a new password and end all the user's sessions."""
    data = valid(PasswordReset, {"password": password})

    async def work(users: UserService) -> None:
        await users.reset_password((await users.find_by_email(email)).id, data.password)

    _with_service(work)
    console.print(f"{email} has a new password and is signed out everywhere.")


@app.command("reset-factors")
def reset_factors(email: Email) -> None:
    """Remove the second factor and the passkeys of a user; end all their sessions."""

    async def work(uow: "SqlUnitOfWorkFactory") -> None:
        user = await UserService(uow, PasswordHasher(), None).find_by_email(email)
        await SecondFactorReset(uow).reset(user.id)

    with running_database() as settings:
        with_units_of_work(settings, work)
    console.print(
        f"{email} has no second factor and no passkeys any more, signs in by password alone, and "
        "is signed out everywhere."
    )


@app.command()
def erase(
    email: Email,
    pass_to: Annotated[
        str | None, typer.Option(help="Who gets what the team has from them; left out: nobody.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase an account with all that is personal of its owner, at once and for good."""
    if not yes:
        typer.confirm(f"Erase {email} for good?", abort=True)
    with running_database() as settings:
        with_units_of_work(settings, lambda uow: _erase(settings, uow, email, pass_to))
    console.print(f"{email} is erased.")


async def _erase(
    settings: Settings, uow: "SqlUnitOfWorkFactory", email: str, pass_to: str | None
) -> None:
    from backend.process_state import process_state  # noqa: PLC0415  # other commands need none
    from backend.wiring import wire  # noqa: PLC0415  # other commands need none

    services = wire(settings, uow, {}, process_state(settings))
    users = services.identity.users
    heir = None if pass_to is None else (await users.find_by_email(pass_to)).id
    await services.operations.eraser.erase((await users.find_by_email(email)).id, heir)


def _with_service(work: Callable[[UserService], Awaitable[Result]]) -> Result:
    with running_database() as settings:
        return with_units_of_work(
            settings, lambda uow: work(UserService(uow, PasswordHasher(), None))
        )
