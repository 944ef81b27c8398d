"""The connection that receives PostgreSQL's notices (LISTEN, NOTIFY)."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Protocol

from psycopg import AsyncConnection, sql

from backend.core.database import NOTICE_A_DEAD_PEER, application_name
from backend.core.logging import get_logger
from backend.repositories.platform.unit import Channel

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 3.0

_log = get_logger(__name__)


class Audience(Protocol):
    """Receives the notices of a channel. Runs on the event loop: it must be quick."""

    def hear(self, payload: str) -> None: ...

    def lost(self) -> None:
        """From now on notices may be missed."""
        ...

    def regained(self) -> None:
        """From now on none is missed, but earlier ones may have been."""
        ...


class Listener:
    """Its own connection, as those of a pool change hands. A transaction pooler will not work."""

    def __init__(
        self, url: str, connect_seconds: int, audiences: Mapping[Channel, Audience]
    ) -> None:
        """`url` is as libpq reads it; `audiences` receive notices, by channel."""
        self._audiences = audiences
        self._parameters: dict[str, Any] = {
            # It may be silent for hours.
            **NOTICE_A_DEAD_PEER,
            "conninfo": url,
            "application_name": application_name(),
            "connect_timeout": connect_seconds,
            "autocommit": True,
        }
        self._tried = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while the block runs, from its start if the database answers.

        An outage is not an error: the audiences are told that notices may be missed.
        """
        task = asyncio.create_task(self._listen_again_and_again(), name="listener")
        try:
            await self._tried.wait()
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _listen_again_and_again(self) -> None:
        lost, pause = False, _FIRST_PAUSE_SECONDS
        while True:
            try:
                async with self._listening() as connection:
                    if lost:
                        _log.info("notices_regained")
                    lost, pause = False, _FIRST_PAUSE_SECONDS
                    self._tried.set()
                    await self._hear(connection)
            except Exception as error:  # noqa: BLE001  # whatever ends it, it has to begin anew
                if not lost:
                    _log.warning("notices_lost", error=str(error))
            lost = True
            self._tried.set()
            # Random, so that not all processes reconnect at the same time.
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  # nothing to guess
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[AsyncConnection]:
        connection = await AsyncConnection.connect(**self._parameters)
        try:
            listen = [sql.SQL("LISTEN {}").format(sql.Identifier(name)) for name in self._audiences]
            await connection.execute(sql.SQL(";").join(listen))
            for audience in self._audiences.values():
                audience.regained()
            yield connection
        finally:
            for audience in self._audiences.values():
                audience.lost()
            await connection.close()

    async def _hear(self, connection: AsyncConnection) -> None:
        async with aclosing(connection.notifies()) as notices:
            async for notice in notices:
                self._audiences[Channel(notice.channel)].hear(notice.payload)
