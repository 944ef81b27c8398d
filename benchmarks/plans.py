"""What PostgreSQL does to answer a list."""

from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

from backend.core.config import DatabaseSettings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.tasks.tasks import TaskQuery
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.fixtures.statements import sent_statements


async def plan_of(database_url: str, parameters: dict[str, Any]) -> str:
    """The plan of the statement behind `GET /tasks` with these parameters, with times."""
    database = Database(DatabaseSettings(url=SecretStr(database_url)))
    async with SqlUnitOfWorkFactory(database).reading(SYSTEM) as uow:
        with sent_statements() as sent:
            await uow.tasks.page(TaskQuery.model_validate(parameters))
    statement, values = sent[-1]
    async with database.engine.connect() as connection:
        explained = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE) {statement}", values)
        lines = [row[0] for row in explained]
        await connection.execute(text("SELECT 1"))
    await database.close()
    return "\n".join(lines)
