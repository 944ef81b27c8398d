"""The unit of work on SQLAlchemy sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.attempts import RowChangedError
from backend.core.caching import NO_CACHES, CacheName, Caches
from backend.core.database import Database
from backend.core.errors import DomainError
from backend.core.permissions import Means
from backend.core.scoped_database import ScopedDatabase
from backend.core.scopes import FIRST_ORGANISATION, NO_ORGANISATION, SYSTEM, Scope, Within
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
from backend.repositories.sql.platform.at_once import Notice
from backend.repositories.sql.platform.constraints import EXPLAINED, explain
from backend.repositories.sql.platform.organisations import Divided, organisation_of
from backend.repositories.sql.platform.outbox import defer, rows_of
from backend.repositories.sql.platform.reading import Reader
from backend.repositories.sql.platform.unit import SqlPlatform
from backend.repositories.sql.platform.writing import Writer
from backend.repositories.sql.sales.unit import SqlSales
from backend.repositories.sql.search.unit import SqlSearch
from backend.repositories.sql.tasks.unit import SqlTasks
from backend.repositories.sql.webhooks.unit import SqlWebhooks
from backend.repositories.sql.workflows.unit import SqlWorkflows
from backend.repositories.tasks.modules import ModuleContents
from backend.repositories.unit_of_work import ReadingUnitOfWork, UnitOfWork


class _SqlAreas(
    SqlPlatform,
    SqlMail,
    SqlIdentity,
    SqlTasks,
    SqlFiles,
    SqlSales,
    SqlSearch,
    SqlBackground,
    SqlAssistant,
    SqlWebhooks,
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


class SqlReadingUnitOfWork(_SqlAreas):
    def __init__(self, database: Database, scope: Scope) -> None:
        self.reader = Reader(database.within(scope))
        # It has the read methods of a session that repositories use.
        self._session = cast(AsyncSession, self.reader)


class SqlUnitOfWork(_SqlAreas):
    def __init__(
        self,
        database: Database | ScopedDatabase,
        scope: Scope,
        means: Means,
        subscriptions: Subscriptions,
        caches: Caches,
    ) -> None:
        self._scope = scope
        self._means = means
        self._subscriptions = subscriptions
        self._caches = caches
        # The outbox: written with the commit, or not at all.
        self._events: list[DomainEvent] = []
        self._notices: dict[Notice, None] = {}
        self._outdated: set[tuple[CacheName, UUID]] = set()
        self.writer = Writer(database)
        # It has the methods of a session that repositories use.
        self._session = cast(AsyncSession, self.writer)

    def record(self, event: DomainEvent) -> None:
        self._events.append(event)

    async def defer(self, job: JobRequest) -> int:
        return await defer(await self.writer.connection(), job)

    async def go_on_for(self, model: Divided, row_id: UUID) -> UUID:
        if self.writer.scope is None:
            return FIRST_ORGANISATION
        found = await organisation_of(self.writer, model, row_id)
        await self.go_on_within(found)
        return found

    async def go_on_within(self, organisation_id: UUID) -> None:
        if self.writer.scope is not None:
            await self.writer.go_on_within(organisation_id)
            self._scope = Within(organisation_id)

    def notify(self, channel: Channel, payload: str) -> None:
        self._notices[channel, payload] = None

    def forget(self, cache: CacheName, owner: UUID) -> None:
        self._outdated.add((cache, owner))

    async def commit(self) -> None:
        events, self._events = self._events, []
        notices, self._notices = list(self._notices), {}
        started = [job for event in events for job in self._subscriptions(event)]
        jobs = [job.within(self._scope_of_jobs) for job in started]
        try:
            rows = rows_of(events, self._means) if events else ()
            await self.writer.commit(rows, jobs, notices)
        finally:
            # After an error it is unknown whether it was committed.
            for cache, owner in self._outdated:
                self._caches.forget(cache, owner)

    @property
    def _scope_of_jobs(self) -> Scope:
        """That of their events: what the system records belongs to none of many."""
        if self.writer.scope is SYSTEM:
            return Within(NO_ORGANISATION)
        return self._scope


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
    async def __call__(self, scope: Scope, /) -> AsyncIterator[UnitOfWork]:
        unit = SqlUnitOfWork(
            self._database.within(scope), scope, self._means, self._subscriptions, self._caches
        )
        try:
            yield unit
        except DomainError as error:
            if unit.writer.has_pending_claim:
                # An earlier request with the key may have made what is refused.
                raise RowChangedError from error
            raise
        # Of all statements, as any query may flush earlier changes.
        except EXPLAINED as error:
            explain(error)
        finally:
            if unit.writer.opened is not None:
                # It rolls back what was not committed.
                await unit.writer.opened.close()

    @asynccontextmanager
    async def reading(self, scope: Scope, /) -> AsyncIterator[ReadingUnitOfWork]:
        unit = SqlReadingUnitOfWork(self._database, scope)
        try:
            yield unit
        finally:
            if unit.reader.opened is not None:
                await unit.reader.opened.close()
