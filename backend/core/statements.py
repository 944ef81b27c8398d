"""Single statements, each a transaction by itself, past SQLAlchemy and on the driver alone.

The connections are kept here: SQLAlchemy's pool costs as much as a statement, and with that of
psycopg each request waits for its time-out while the server is away.
"""

import asyncio
import select
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads
from pydantic_core import from_json
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeoutError

Connection = AsyncConnection[tuple[Any, ...]]
Observer = Callable[[int], object]
"""Is told by how many a number has changed."""


class Statements:
    """Runs statements on a few connections, opened when they are needed."""

    def __init__(
        self,
        connect: Mapping[str, Any],
        *,
        begin: str,
        max_connections: int,
        patience: float,
        show_parameters: bool,
    ) -> None:
        """
        Args:
            connect: the parameters of each connection, as psycopg takes them.
            begin: the statement that each connection begins with.
            max_connections: the connections at once.
            patience: the seconds to wait for one of them.
            show_parameters: whether errors may hold values, which may be private.
        """
        adapters = AdaptersMap(psycopg.adapters)
        set_json_loads(from_json, adapters)
        self._connect_with = {**connect, "autocommit": True, "context": adapters}
        self._begin = begin
        self._places = asyncio.Semaphore(max_connections)
        self._patience = patience
        self._idle: list[Connection] = []
        self._show_parameters = show_parameters
        self._opened: Observer = _nobody
        self._used: Observer = _nobody

    def observe(self, opened: Observer, used: Observer) -> None:
        """Have somebody told of connections that are opened or closed, taken or given back."""
        self._opened, self._used = opened, used

    async def run(self, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows.

        Raises:
            DBAPIError: the database refuses the statement or is away, as from SQLAlchemy.
            PoolTimeoutError: all connections have been in use for too long.
        """
        await self._take_place()
        try:
            connection = await self._take_idle() or await self._connect()
            self._used(1)
            try:
                cursor = connection.cursor(binary=True)
                await cursor.execute(sql, parameters)
                # The description of a cursor is made anew whenever it is asked for.
                found = cursor.pgresult
                return await cursor.fetchall() if found is not None and found.nfields else []
            finally:
                self._used(-1)
                await self._give_back(connection)
        except psycopg.Error as error:
            raise DBAPIError.instance(
                sql, parameters, error, psycopg.Error, not self._show_parameters
            ) from error
        finally:
            self._places.release()

    async def close(self) -> None:
        while self._idle:
            await self._close(self._idle.pop())

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise PoolTimeoutError("all connections for statements are in use") from None

    async def _take_idle(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not is_closed(connection):
                return connection
            await self._close(connection)
        return None

    async def _connect(self) -> Connection:
        connection = await AsyncConnection.connect(**self._connect_with)
        try:
            await connection.execute(self._begin)
        except BaseException:
            # Nobody else knows of it yet, not even if whoever waited for it is gone.
            await connection.close()
            raise
        self._opened(1)
        return connection

    async def _give_back(self, connection: Connection) -> None:
        if connection.pgconn.transaction_status == TransactionStatus.IDLE:
            self._idle.append(connection)
        else:
            # Broken, or given up in the middle of an answer.
            await self._close(connection)

    async def _close(self, connection: Connection) -> None:
        self._opened(-1)
        await connection.close()


def _nobody(_change: int) -> None:
    """Where nobody observes."""


def is_closed(connection: Connection) -> bool:
    """Whether the server has closed an idle connection, without asking the server.

    An idle connection has nothing to read; one that has is at its end. This costs a system call
    where a ping would cost a round trip.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
