"""Prepared statements that survive a migration run by another process."""

import logging
from typing import Any, Self

from psycopg import AsyncCursor
from psycopg.abc import Params
from psycopg.errors import FeatureNotSupported
from psycopg.rows import TupleRow

_log = logging.getLogger("backend.statements")


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
            await super().execute("DEALLOCATE ALL", prepare=False)
            return await super().execute(query, params, prepare=False, binary=binary)
