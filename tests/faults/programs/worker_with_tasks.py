"""A worker as `mvp worker` is one, with tasks that leave traces a test can count."""

import asyncio
import os
import signal

from procrastinate import App
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.logging import configure_logging
from backend.jobs.retry import use_one_strategy
from backend.models.platform.job_requests import Queue
from backend.process_state import process_state
from backend.worker import make_supervisor, run_until_stopped

TABLES = """
    CREATE TABLE done (number int PRIMARY KEY);
    CREATE TABLE total (count int);
    INSERT INTO total VALUES (0);
    CREATE TABLE busy (number int PRIMARY KEY);
"""


def add_tasks(app: App, database: Database) -> None:
    @app.task(name="count", queue=Queue.EVENTS)
    async def count(number: int, seconds: float = 0) -> None:
        """Has its effect once, however often it runs, as a handler of events must."""
        await asyncio.sleep(seconds)
        async with database.writing_session() as session:
            connection = await session.connection()
            insert = text("INSERT INTO done VALUES (:number) ON CONFLICT DO NOTHING")
            if (await connection.execute(insert, {"number": number})).rowcount:
                await connection.execute(text("UPDATE total SET count = count + 1"))
            await session.commit()

    @app.task(name="occupy", queue=Queue.EVENTS)
    async def occupy(number: int) -> None:
        """Fails if it runs while it runs."""
        number_of = {"number": number}
        async with database.engine.connect() as connection:
            await connection.execute(text("INSERT INTO busy VALUES (:number)"), number_of)
            await asyncio.sleep(0.005)
            await connection.execute(text("DELETE FROM busy WHERE number = :number"), number_of)

    @app.task(name="die", queue=Queue.EVENTS)
    async def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    settings = Settings.load()
    configure_logging(settings)
    database = Database(settings.database)
    state = process_state(settings)
    supervisor = make_supervisor(settings, database, state)
    add_tasks(supervisor.app, database)
    use_one_strategy(supervisor.app, settings.worker)
    await run_until_stopped(supervisor)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main())
