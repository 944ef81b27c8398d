"""Single statements, each its own transaction, on the driver without SQLAlchemy.

It pools connections itself: SQLAlchemy's pool costs as much as a statement, and with psycopg's pool
each request waits for its time-out while the server is down.
"""

import asyncio
import logging
import select
from collections.abc import Callable, Mapping
from typing import Any, Self

import psycopg
from psycopg import AsyncCursor
from psycopg.abc import Params
from psycopg.adapt import AdaptersMap
from psycopg.errors import FeatureNotSupported, ReadOnlySqlTransaction
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads
from pydantic_core import from_json
from sqlalchemy import ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError, TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from backend.core.round_trips import Before, Connection, execute_after, prepare_anew

_log = logging.getLogger("backend.statements")

Observer = Callable[[int], object]
"""Called with the change of a number."""


class PreparingCursor(AsyncCursor[TupleRow]):
    """Prepares statements in autocommit mode, and prepares them again after a migration.

    After DDL that changes the type of a result, PostgreSQL refuses the statements prepared before
    ("cached plan must not change result type") for as long as the connection lives. A statement
    that was refused in autocommit mode has done nothing, so it is prepared and sent anew. In a
    transaction the refusal would lose the work before it: nothing is prepared there, which costs
    little, as psycopg forgets all prepared statements at each ROLLBACK.
    """

    async def execute(
        self,
        query: Any,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s %s", query, params)
        if not self.connection.autocommit:
            return await super().execute(query, params, prepare=False, binary=binary)
        try:
            return await super().execute(query, params, prepare=prepare, binary=binary)
        # Recognised by its class: the message depends on the server's language.
        except FeatureNotSupported:
            await prepare_anew(self.connection)
            return await super().execute(query, params, prepare=False, binary=binary)


class Statements:
    """Runs statements on a few connections, opened on demand."""

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
            begin: the first statement on each connection.
            max_connections: how many connections.
            patience: how many seconds to wait for one.
            show_parameters: whether errors contain values, which may be private.
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
        """Report changes in the number of open connections and of those in use."""
        self._opened, self._used = opened, used

    async def run(
        self,
        sql: str,
        parameters: Mapping[str, Any],
        *,
        prepare: bool | None = None,
        before: Before | None = None,
    ) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows.

        Args:
            prepare: whether the driver prepares it; by default once it was run a few times.
            before: a statement to run in the same transaction and round trip.

        Raises:
            DBAPIError: the database refuses the statement or is down; the same classes as
                SQLAlchemy's.
            PoolTimeoutError: no connection became free in time.
        """
        await self._take_place()
        try:
            connection = await self._take_idle() or await self._connect()
            self._used(1)
            try:
                cursor = connection.cursor(binary=True)
                if before is None:
                    await cursor.execute(sql, parameters, prepare=prepare)
                else:
                    await _execute_after(before, cursor, sql, parameters, prepare=prepare)
                # The description of a cursor is computed at each access.
                found = cursor.pgresult
                return await cursor.fetchall() if found is not None and found.nfields else []
            except ReadOnlySqlTransaction:
                # See `leave_read_only`.
                await connection.close()
                raise
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
        connection = await Connection.connect(**self._connect_with)
        try:
            await connection.execute(self._begin)
        except BaseException:
            # Nobody else has it yet, not even if the waiting task was cancelled.
            await connection.close()
            raise
        self._opened(1)
        return connection

    async def _give_back(self, connection: Connection) -> None:
        pgconn = connection.pgconn
        is_idle = pgconn.transaction_status == TransactionStatus.IDLE
        if is_idle and pgconn.pipeline_status == PipelineStatus.OFF:
            self._idle.append(connection)
        else:
            # Broken, or abandoned in the middle of a result.
            await self._close(connection)

    async def _close(self, connection: Connection) -> None:
        self._opened(-1)
        await connection.close()


async def _execute_after(
    before: Before,
    cursor: AsyncCursor[TupleRow],
    sql: str,
    parameters: Mapping[str, Any],
    *,
    prepare: bool | None,
) -> None:
    try:
        await execute_after(before, cursor, sql, parameters, prepare=prepare)
    except FeatureNotSupported:
        # See `PreparingCursor`, which does not see it.
        await prepare_anew(cursor.connection)
        await execute_after(before, cursor, sql, parameters, prepare=False)


def _nobody(_change: int) -> None:
    """Used without an observer."""


def is_closed(connection: Connection) -> bool:
    """Whether the server has closed an idle connection, without asking the server.

    An idle connection has nothing to read; if it has, it was closed. This costs a system call,
    where a ping would cost a round trip.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def leave_read_only(context: ExceptionContext) -> None:
    """Have SQLAlchemy's pool give up a connection to a server that takes no changes.

    It has become a standby, which keeps its connections: a new one leads to its successor.
    """
    if isinstance(context.original_exception, ReadOnlySqlTransaction):
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False


NEW = "new"
"""The mark of a connection, in the pool's record of it, that was opened and not yet taken."""


def refuse_closed(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Have SQLAlchemy's pool take another connection, unless it was opened just now.

    After two the pool would give up, with an error that does not say why: the statement says it.

    Raises:
        DisconnectionError: the server has closed it.
    """
    if not record.info.pop(NEW, False) and is_closed(connection.driver_connection):
        raise DisconnectionError("the server has closed this connection")
