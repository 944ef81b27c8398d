"""What PostgreSQL does to answer a list."""

from typing import Any

from pydantic import SecretStr
from sqlalchemy import event, text

from backend.core.config import DatabaseSettings
from backend.core.database import Database
from backend.models.tasks import TaskQuery
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory


async def plan_of(database_url: str, parameters: dict[str, Any]) -> str:
    """The plan of the statement behind `GET /tasks` with these parameters, with times."""
    database = Database(DatabaseSettings(url=SecretStr(database_url)))
    sent: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        sent.append((statement, values))

    async with SqlUnitOfWorkFactory(database).reading() as uow:
        await uow.tasks.find_many([])
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        await uow.tasks.page(TaskQuery.model_validate(parameters))
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    statement, values = sent[-1]
    async with database.engine.connect() as connection:
        explained = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE) {statement}", values)
        lines = [row[0] for row in explained]
        await connection.execute(text("SELECT 1"))
    await database.close()
    return "\n".join(lines)
