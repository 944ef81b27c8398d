"""Two statements in one round trip, as one transaction.

psycopg's pipelines do it, too, and wait for the socket once for each step of theirs: that takes
twice as long as what is waited for. So its steps are taken here in a row; the names with an
underscore are psycopg's own.
"""

# ruff: noqa: SLF001  # as said above

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from psycopg import AsyncConnection, AsyncCursor, AsyncPipeline
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus
from psycopg.rows import TupleRow

Before = tuple[bytes, Sequence[bytes]]
"""A statement with its parameters, as PostgreSQL takes them."""


class Connection(AsyncConnection[TupleRow]):
    """One that runs statements behind others.

    Attributes:
        prepared: the names of those that run before others.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.prepared: dict[bytes, bytes] = {}


async def prepare_anew(connection: AsyncConnection[Any]) -> None:
    """Have all statements prepared again when they are next run."""
    await connection.execute("DEALLOCATE ALL", prepare=False)
    if isinstance(connection, Connection):
        connection.prepared.clear()


async def execute_after(
    before: Before,
    cursor: AsyncCursor[TupleRow],
    sql: str,
    parameters: Mapping[str, Any],
    *,
    prepare: bool | None,
) -> None:
    """Run a statement behind another, whose rows are not wanted. On a connection in autocommit.

    Raises psycopg.Error: one of them failed, and neither has done anything.
    """
    connection: Connection = cursor.connection  # type: ignore[assignment]  # it has opened it
    first, values = before
    async with connection.lock:
        if first not in connection.prepared:
            await connection.wait(_prepare(connection, first))
        prepared = connection.prepared[first], values
        await connection.wait(_in_a_row(prepared, cursor, sql, parameters, prepare))


def _prepare(connection: Connection, statement: bytes) -> PQGen[None]:
    """Once for each connection: PostgreSQL takes longer to plan such a statement than to run it."""
    name = b"before_%d" % len(connection.prepared)
    connection.pgconn.send_prepare(name, statement)
    [result] = yield from execute(connection.pgconn)
    if result.status != ExecStatus.COMMAND_OK:
        raise error_from_result(result)
    connection.prepared[statement] = name


def _in_a_row(
    before: Before,
    cursor: AsyncCursor[TupleRow],
    sql: str,
    parameters: Mapping[str, Any],
    prepare: bool | None,
) -> PQGen[None]:
    connection = cursor.connection
    pipeline = connection._pipeline = AsyncPipeline(connection)
    try:
        yield from pipeline._enter_gen()
        try:
            pipeline.command_queue.append(partial(pipeline.pgconn.send_query_prepared, *before))
            pipeline.result_queue.append(None)
            yield from cursor._start_query(sql)
            query = cursor._convert_query(sql, parameters)
            yield from cursor._maybe_prepare_gen(query, prepare=prepare)
            yield from pipeline._exit_gen()
        finally:
            pipeline._exit(sys.exc_info()[1])
    finally:
        connection._pipeline = None
