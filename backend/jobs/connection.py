"""The connections of procrastinate, beside the pool that services use."""

from procrastinate import PsycopgConnector
from psycopg import AsyncConnection

from backend.core.config import DatabaseSettings
from backend.core.database import connect_arguments, libpq_url, session_settings

_MAX_CONNECTIONS = 4
_GIVE_UP_SECONDS = 5


def make_connector(settings: DatabaseSettings) -> PsycopgConnector:
    """Opens nothing yet.

    Four connections are many: each job costs two statements of about a millisecond, one to take
    it and one to end it. Beside them each queue has one that listens. None is opened before it
    is needed, so that a start needs no database.
    """
    statement = session_settings(settings)

    async def prepare(connection: AsyncConnection) -> None:
        # Each statement is a transaction by itself: no BEGIN and COMMIT around it.
        await connection.set_autocommit(True)
        await connection.execute(statement)

    return PsycopgConnector(
        conninfo=libpq_url(settings),
        kwargs=connect_arguments(settings),
        configure=prepare,
        min_size=0,
        max_size=_MAX_CONNECTIONS,
        timeout=_GIVE_UP_SECONDS,
        # Else an attempt to connect that began in an outage keeps others from trying.
        reconnect_timeout=_GIVE_UP_SECONDS,
        name="jobs",
    )
