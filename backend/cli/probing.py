"""What the connections to a database are like, before the program relies on them."""

from typing import NamedTuple

import psycopg

from backend.core.config import ConfigurationError, DatabaseSettings
from backend.core.database import OWNER_VARIABLE, owner_url
from backend.core.scoped_database import POLICY

# Others use the pooler too, so a single probe might miss it.
_PROBES = 3
_PROBE = "SELECT pg_backend_pid(), EXISTS (SELECT FROM pg_policy WHERE polname = %s)"
_POOLER = (
    "{variable}: a pooler such as PgBouncer hands each connection on after a transaction; "
    "notices, jobs, prepared statements and the lock of migrations can't work like that: "
    "set pool_mode = session there, or point the URL to PostgreSQL itself"
)


def check_owner(settings: DatabaseSettings) -> bool:
    """Like `check_connections`, for what migrations use."""
    variable = "DATABASE_URL" if settings.owner_url is None else OWNER_VARIABLE
    return check_connections(variable, owner_url(settings), settings)


def check_connections(variable: str, url: str, settings: DatabaseSettings) -> bool:
    """Return whether the database keeps organisations apart.

    Raises:
        ConfigurationError: it does not answer, or a pooler hands its connections on.
    """
    try:
        probed = _probe(url, settings.connect_timeout_seconds)
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigurationError(
            f"{variable}: the database does not answer ({reason}); start it, or correct the URL"
        ) from None
    if any(one.process == other.process for one, other in probed):
        raise ConfigurationError(_POOLER.format(variable=variable))
    return probed[0][0].is_divided


class _Probe(NamedTuple):
    process: int
    """Of the server, which serves the connection."""
    is_divided: bool


def _probe(url: str, timeout: int) -> list[tuple[_Probe, _Probe]]:
    """Ask two open connections in turn: do they ever share a connection of the server?"""
    with (
        psycopg.connect(url, autocommit=True, connect_timeout=timeout) as one,
        psycopg.connect(url, autocommit=True, connect_timeout=timeout) as other,
    ):
        return [(_answer(one), _answer(other)) for _ in range(_PROBES)]


def _answer(connection: psycopg.Connection) -> _Probe:
    [row] = connection.execute(_PROBE, [POLICY], prepare=False)
    return _Probe(*row)
