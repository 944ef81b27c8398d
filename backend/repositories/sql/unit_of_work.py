"""The unit of work on SQLAlchemy sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.caching import NO_CACHES, CacheName, Caches
from backend.core.database import Database
from backend.core.permissions import Means
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.job_requests import JobRequest
from backend.repositories.platform.base import Repository
from backend.repositories.platform.unit import Channel, Subscriptions
from backend.repositories.sql.assistant.unit import SqlAssistant
from backend.repositories.sql.background.unit import SqlBackground
from backend.repositories.sql.exchange.unit import SqlExchange
from backend.repositories.sql.files.unit import SqlFiles
from backend.repositories.sql.identity.unit import SqlIdentity
from backend.repositories.sql.mail.unit import SqlMail
from backend.repositories.sql.notifications.unit import SqlNotifications
from backend.repositories.sql.operations.unit import SqlOperations
from backend.repositories.sql.platform.constraints import domain_errors
from backend.repositories.sql.platform.outbox import Outbox
from backend.repositories.sql.platform.reading import Reader
from backend.repositories.sql.platform.unit import SqlPlatform
from backend.repositories.sql.platform.writing import Writer
from backend.repositories.sql.sales.unit import SqlSales
from backend.repositories.sql.search.unit import SqlSearch
from backend.repositories.sql.tasks.unit import SqlTasks
from backend.repositories.sql.workflows.unit import SqlWorkflows
from backend.repositories.tasks.modules import ModuleContents
from backend.repositories.unit_of_work import ReadingUnitOfWork, UnitOfWork


class SqlReadingUnitOfWork(
    SqlPlatform,
    SqlMail,
    SqlIdentity,
    SqlTasks,
    SqlFiles,
    SqlSales,
    SqlSearch,
    SqlBackground,
    SqlAssistant,
    SqlWorkflows,
    SqlExchange,
    SqlNotifications,
    SqlOperations,
):
    """The repositories of all areas, on one session."""

    @property
    def module_contents(self) -> dict[str, ModuleContents]:
        return {"task_ids": self.tasks, "file_ids": self.files, "chat_ids": self.chats}

    @property
    def task_references(self) -> dict[str, Repository[Any]]:
        return {
            "assignee_id": self.users,
            "customer_id": self.customers,
            "lead_id": self.leads,
            "module_id": self.modules,
        }


class SqlUnitOfWork(SqlReadingUnitOfWork):
    def __init__(self, writer: Writer, outbox: Outbox, caches: Caches) -> None:
        # It has the methods of a session that repositories use.
        super().__init__(cast(AsyncSession, writer))
        self._writer = writer
        self._outbox = outbox
        self._caches = caches
        self._outdated: set[tuple[CacheName, UUID]] = set()

    def record(self, event: DomainEvent) -> None:
        self._outbox.record(event)

    async def defer(self, job: JobRequest) -> int:
        return (await self._outbox.defer([job]))[0]

    def notify(self, channel: Channel, payload: str) -> None:
        self._outbox.notify(channel, payload)

    def forget(self, cache: CacheName, owner: UUID) -> None:
        self._outdated.add((cache, owner))

    async def commit(self) -> None:
        try:
            if self._writer.is_open:
                await self._outbox.send()
                await self._writer.commit()
            else:
                await self._outbox.send_at_once()
        finally:
            # After an error it is unknown whether it was committed.
            for cache, owner in self._outdated:
                self._caches.forget(cache, owner)


class SqlUnitOfWorkFactory:
    def __init__(
        self,
        database: Database,
        means: Means = Means.API,
        subscriptions: Subscriptions = lambda _recorded: (),
        caches: Caches = NO_CACHES,
    ) -> None:
        """
        Args:
            means: the interface of this process.
            subscriptions: returns the jobs that an event starts.
            caches: those of this process.
        """
        self._database = database
        self._means = means
        self._subscriptions = subscriptions
        self._caches = caches

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[UnitOfWork]:
        writer = Writer(self._database)
        outbox = Outbox(writer, self._means, self._subscriptions)
        try:
            # Around everything, as any query may flush earlier changes.
            with domain_errors():
                yield SqlUnitOfWork(writer, outbox, self._caches)
        finally:
            await writer.close()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadingUnitOfWork]:
        reader = Reader(self._database)
        try:
            # It has the read methods of a session that repositories use.
            yield SqlReadingUnitOfWork(cast(AsyncSession, reader))
        finally:
            await reader.close()
