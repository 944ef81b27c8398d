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

from psycopg import AsyncCursor, AsyncPipeline
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

Before = tuple[bytes, Sequence[bytes]]
"""A statement with its parameters, as PostgreSQL takes them."""


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
    connection = cursor.connection
    async with connection.lock:
        await connection.wait(_in_a_row(before, cursor, sql, parameters, prepare))


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
            first, values = before
            pipeline.command_queue.append(partial(pipeline.pgconn.send_query_params, first, values))
            pipeline.result_queue.append(None)
            yield from cursor._start_query(sql)
            query = cursor._convert_query(sql, parameters)
            yield from cursor._maybe_prepare_gen(query, prepare=prepare)
            yield from pipeline._exit_gen()
        finally:
            pipeline._exit(sys.exc_info()[1])
    finally:
        connection._pipeline = None
