"""Shared by the commands: settings, a reachable database, and services.

Services and their dependencies are imported where a command uses them: many commands do not, and
neither does the parent of several servers.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from psycopg.errors import UndefinedColumn, UndefinedTable
from pydantic import BaseModel, SecretStr, ValidationError
from rich.console import Console
from rich.text import Text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from backend.cli.probing import check_connections, check_owner
from backend.core.config import ConfigurationError, DatabaseSettings, Settings
from backend.core.database import Database, as_libpq_reads, libpq_url
from backend.core.errors import fault_in_words
from backend.core.logging import configure_logging
from backend.core.orphans import PARENT_VARIABLE
from backend.core.permissions import Means
from backend.core.scoped_database import PROGRAM_ROLE

if TYPE_CHECKING:
    from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory

Result = TypeVar("Result")
Schema = TypeVar("Schema", bound=BaseModel)

_DIVIDED = (
    "ORGANISATIONS=one: the database keeps organisations apart, and would look empty: "
    "set ORGANISATIONS=many, or join them with `mvp migrate upgrade`"
)

# Values are printed verbatim, whatever brackets and colons they contain.
console = Console(markup=False, emoji=False)
error_console = Console(stderr=True, markup=False, emoji=False)


def print_error(text: str) -> None:
    """Print each line of an error."""
    for line in text.splitlines():
        error_console.print(Text.assemble(("error: ", "bold red"), line), soft_wrap=True)


def valid(schema: type[Schema], fields: Mapping[str, object]) -> Schema:
    """Raises ConfigurationError, which names each field that is wrong."""
    try:
        return schema.model_validate(fields)
    except ValidationError as error:
        problems = (f"{found['loc'][0]}: {fault_in_words(found)}" for found in error.errors())
        raise ConfigurationError("\n".join(problems)) from None


@contextmanager
def running_database(*, as_it_is: bool = False) -> Iterator[Settings]:
    """Yield the settings with the URL of a reachable database.

    Args:
        as_it_is: whether it may keep organisations apart although the settings know only one.

    Raises:
        ConfigurationError: the settings can't be used, or the database does not answer.
    """
    settings = Settings.load()
    configure_logging(settings)
    with database_of(settings, as_it_is=as_it_is) as ready:
        yield ready


@contextmanager
def database_of(settings: Settings, *, as_it_is: bool = False) -> Iterator[Settings]:
    """Like `running_database`, for settings that were read already."""
    if settings.database.url is not None:
        is_divided = check_owner(settings.database)
        if is_divided and not (as_it_is or settings.database.has_many_organisations):
            raise ConfigurationError(_DIVIDED)
        yield settings
    elif settings.is_production:
        raise ConfigurationError(
            "DATABASE_URL is not set: set it to postgresql://user:password@host/database"
        )
    else:
        # Loaded here: where there is a server of one's own, nothing of it is needed.
        from backend.core.embedded import embedded_postgres  # noqa: PLC0415  # see above

        with embedded_postgres(settings.general.data_dir) as url:
            yield settings.model_copy(update={"database": _embedded(settings.database, url)})


def _embedded(settings: DatabaseSettings, url: str) -> DatabaseSettings:
    """The superuser is bound by no policy: with many organisations the program has another role."""
    urls = {"url": SecretStr(url)}
    if settings.has_many_organisations:
        program = make_url(url).set(username=PROGRAM_ROLE)
        urls = {
            "url": SecretStr(as_libpq_reads(program)),
            "owner_url": SecretStr(url),
        }
    return settings.model_copy(update=urls)


def with_units_of_work(
    settings: Settings, work: "Callable[[SqlUnitOfWorkFactory], Awaitable[Result]]"
) -> Result:
    """Run asynchronous work with its own pool.

    Raises:
        ConfigurationError: the database lacks tables or columns that the work needs.
    """
    from backend.wiring import units_of_work  # noqa: PLC0415  # see above

    require_bound_role(settings)

    async def run() -> Result:
        database = Database(settings.database)
        try:
            return await work(units_of_work(database, Means.COMMAND_LINE))
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except ProgrammingError as error:
        if isinstance(error.orig, UndefinedTable | UndefinedColumn):
            raise ConfigurationError(
                "The database is not at the newest migration; run `mvp migrate upgrade`"
            ) from None
        raise


def require_bound_role(settings: Settings) -> None:
    """Raises ConfigurationError if policies would not bind the program, where they have to.

    Or if DATABASE_URL can't be used, where `database_of` has looked at that of the owner.
    """
    if settings.database.has_many_organisations:
        from backend.repositories.sql.platform.division import check_role  # noqa: PLC0415  # slow

        check_role(plain_url(settings))
    if settings.database.owner_url is not None:
        check_connections("DATABASE_URL", plain_url(settings), settings.database)


def handed_on(settings: Settings) -> dict[str, str]:
    """Return the variables by which other processes of this one have its settings.

    They read the environment, which knows neither options nor the embedded database.
    """
    return {
        "DATABASE_URL": plain_url(settings),
        "HOST": settings.server.host,
        "PORT": str(settings.server.port),
        PARENT_VARIABLE: str(os.getpid()),
    }


def plain_url(settings: Settings) -> str:
    """Return the URL as libpq and psql read it, including the password."""
    return libpq_url(settings.database)
