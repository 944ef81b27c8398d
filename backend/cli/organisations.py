"""`mvp organisation`: the organisations of the installation."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer

from backend.cli.runtime import console, running_database, valid, with_units_of_work
from backend.core.config import ConfigurationError, Settings
from backend.core.permissions import Role
from backend.core.scopes import Within
from backend.models.identity.organisations import OrganisationCreate
from backend.services.identity.members import MemberService
from backend.services.identity.organisations import OrganisationService

if TYPE_CHECKING:
    from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory

Result = TypeVar("Result")

app = typer.Typer(name="organisation", help="Manage organisations.", no_args_is_help=True)

OrganisationId = Annotated[
    UUID, typer.Argument(metavar="ID", help="As `mvp organisation list` shows it.")
]


@app.command("list")
def list_organisations() -> None:
    """Show all organisations, the oldest first."""
    for each in _with_service(lambda organisations: organisations.all()):
        state = f"deleted {each.deleted_at:%Y-%m-%d}" if each.deleted_at else "in use"
        shown = f"{each.id}  {each.created_at:%Y-%m-%d}  {state}  {each.name}"
        console.print(shown, markup=False, highlight=False, soft_wrap=True)


@app.command()
def create(name: Annotated[str, typer.Argument(help="What it is called.")]) -> None:
    """Add an organisation, with what the assistant begins with."""
    from backend.cli.seeding import run_seeders  # noqa: PLC0415  # other commands need none
    from backend.seeds.runner import DEFAULTS  # noqa: PLC0415  # slow

    data = valid(OrganisationCreate, {"name": name})
    with running_database() as settings:
        _require_many(settings)
        made = with_units_of_work(settings, lambda uow: _service(uow).add(data))
        run_seeders(settings, tuple(DEFAULTS), Within(made.id))
    console.print(f"Created {made.name}: {made.id}", soft_wrap=True)


@app.command()
def join(
    organisation: OrganisationId,
    email: Annotated[str, typer.Argument(help="The e-mail address of the account.")],
    role: Annotated[Role, typer.Option(help="What they may do there.")] = Role.VIEWER,
) -> None:
    """Have somebody who has an account belong to an organisation."""
    with running_database() as settings:
        _require_many(settings)
        work = Within(organisation)
        with_units_of_work(settings, lambda uow: MemberService(uow).admit(email, role, work))
    console.print(f"{email} belongs to {organisation} as {role}.", soft_wrap=True)


@app.command()
def delete(
    organisation: OrganisationId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an organisation and everything in it at once. Accounts stay."""
    if not yes:
        typer.confirm(f"Delete {organisation} and everything in it?", abort=True)
    erased = _with_service(lambda organisations: organisations.erase(organisation))
    console.print(f"Deleted {organisation}: {erased} rows.", soft_wrap=True)


def _require_many(settings: Settings) -> None:
    if not settings.database.has_many_organisations:
        raise ConfigurationError("ORGANISATIONS=one: set it to many, and migrate")


def _service(uow: "SqlUnitOfWorkFactory") -> OrganisationService:
    async def furnish(_within: Within) -> None:
        """Commands run the seeders themselves."""

    return OrganisationService(uow, None, furnish)


def _with_service(work: Callable[[OrganisationService], Awaitable[Result]]) -> Result:
    with running_database() as settings:
        return with_units_of_work(settings, lambda uow: work(_service(uow)))
