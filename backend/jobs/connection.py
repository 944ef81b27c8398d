"""The connections of procrastinate, separate from the pool of services."""

from procrastinate import PsycopgConnector
from psycopg import AsyncConnection

from backend.core.config import DatabaseSettings
from backend.core.database import connect_arguments, libpq_url, session_settings

_MAX_CONNECTIONS = 4
_GIVE_UP_SECONDS = 5


def make_connector(settings: DatabaseSettings) -> PsycopgConnector:
    """Opens nothing yet.

    Four connections are enough: each job costs two statements of about a millisecond, to fetch it
    and to finish it. In addition each queue has one that listens. None is opened before it is
    needed, so that a start needs no database.
    """
    statement = session_settings(settings)

    async def prepare(connection: AsyncConnection) -> None:
        # Each statement is its own transaction, without BEGIN and COMMIT.
        await connection.set_autocommit(True)
        await connection.execute(statement)

    return PsycopgConnector(
        conninfo=libpq_url(settings),
        kwargs=connect_arguments(settings),
        configure=prepare,
        min_size=0,
        max_size=_MAX_CONNECTIONS,
        timeout=_GIVE_UP_SECONDS,
        # Otherwise an attempt to connect that began in an outage blocks others.
        reconnect_timeout=_GIVE_UP_SECONDS,
        name="jobs",
    )
