"""The floor: one row, a page and an insert in a bare ASGI program. Run by `compare.py`.

No router, no validation, no sign-in, no log: what is left is uvicorn, psycopg and PostgreSQL.
"""

import os
from typing import Any
from uuid import UUID, uuid4

import uvicorn
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic_core import from_json, to_json

PREFIX = "/api/v1/tasks"
_COLUMNS = (
    "id, title, description, status, priority, due_at, assignee_id, customer_id, lead_id,"
    " module_id, created_at, updated_at, version, completed_at, checklist"
)
_NAMES = [name.strip() for name in _COLUMNS.split(",")]
_ONE = f"SELECT {_COLUMNS} FROM tasks WHERE id = %s"  # noqa: S608  # names of our own
_PAGE = f"SELECT {_COLUMNS} FROM tasks ORDER BY created_at DESC, id DESC LIMIT 51"  # noqa: S608
_ADD = (
    "INSERT INTO tasks (id, title, description, status, priority, created_at, updated_at, version,"  # noqa: S608
    f" checklist) VALUES (%s, %s, %s, 'open', %s, now(), now(), 1, '[]') RETURNING {_COLUMNS}"
)


class Program:
    def __init__(self, database_url: str) -> None:
        self._pool = AsyncConnectionPool[AsyncConnection](
            database_url, kwargs={"autocommit": True}, min_size=4, max_size=20, open=False
        )

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        status, content = await self._answer(scope, receive)
        headers = [(b"content-type", b"application/json")]
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, scope: dict[str, Any], receive: Any) -> tuple[int, bytes]:
        if scope["path"] == "/health/ready":
            return 200, b"{}"
        if scope["method"] == "POST":
            given = from_json((await receive())["body"])
            values = (uuid4(), given["title"], given["description"], given["priority"])
            [row] = await self._run(_ADD, values)
            return 201, to_json(row)
        if scope["path"] == PREFIX:
            rows = await self._run(_PAGE, ())
            return 200, to_json({"items": rows[:50], "next_cursor": str(rows[-1]["id"])})
        [row] = await self._run(_ONE, (UUID(scope["path"].rpartition("/")[2]),))
        return 200, to_json(row)

    async def _run(self, statement: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        async with self._pool.connection() as connection:
            cursor = await connection.cursor(binary=True).execute(statement.encode(), values)
            return [dict(zip(_NAMES, row, strict=True)) for row in await cursor.fetchall()]

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        await self._pool.open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    uvicorn.run(
        Program(os.environ["DATABASE_URL"]),
        port=int(os.environ["PORT"]),
        log_level="warning",
        access_log=False,
    )
