"""The unit of work on SQLAlchemy sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import Database
from backend.core.permissions import Means
from backend.models.events import DomainEvent
from backend.models.jobs import JobRequest
from backend.repositories.sql.customers import SqlCustomerRepository
from backend.repositories.sql.events import SqlEventRepository
from backend.repositories.sql.files import SqlFileRepository
from backend.repositories.sql.idempotency import SqlIdempotencyRepository
from backend.repositories.sql.leads import SqlLeadRepository
from backend.repositories.sql.modules import SqlModuleRepository
from backend.repositories.sql.outbox import Outbox
from backend.repositories.sql.products import SqlProductRepository
from backend.repositories.sql.search import SqlSearchRepository
from backend.repositories.sql.sessions import SqlSessionRepository
from backend.repositories.sql.sign_ins import SqlSignInRepository
from backend.repositories.sql.tasks import SqlTaskRepository
from backend.repositories.sql.users import SqlUserRepository
from backend.repositories.unit_of_work import Channel, Subscriptions


class SqlReadingUnitOfWork:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    @cached_property
    def users(self) -> SqlUserRepository:
        return SqlUserRepository(self._session)

    @cached_property
    def sessions(self) -> SqlSessionRepository:
        return SqlSessionRepository(self._session)

    @cached_property
    def sign_ins(self) -> SqlSignInRepository:
        return SqlSignInRepository(self._session)

    @cached_property
    def customers(self) -> SqlCustomerRepository:
        return SqlCustomerRepository(self._session)

    @cached_property
    def leads(self) -> SqlLeadRepository:
        return SqlLeadRepository(self._session)

    @cached_property
    def products(self) -> SqlProductRepository:
        return SqlProductRepository(self._session)

    @cached_property
    def tasks(self) -> SqlTaskRepository:
        return SqlTaskRepository(self._session)

    @cached_property
    def modules(self) -> SqlModuleRepository:
        return SqlModuleRepository(self._session)

    @cached_property
    def files(self) -> SqlFileRepository:
        return SqlFileRepository(self._session)

    @cached_property
    def search(self) -> SqlSearchRepository:
        return SqlSearchRepository(self._session)

    @cached_property
    def idempotency(self) -> SqlIdempotencyRepository:
        return SqlIdempotencyRepository(self._session)

    @cached_property
    def events(self) -> SqlEventRepository:
        return SqlEventRepository(self._session)


class SqlUnitOfWork(SqlReadingUnitOfWork):
    def __init__(self, session: AsyncSession, outbox: Outbox) -> None:
        super().__init__(session)
        self._outbox = outbox

    def record(self, event: DomainEvent) -> None:
        self._outbox.record(event)

    async def defer(self, job: JobRequest) -> int:
        return (await self._outbox.defer([job]))[0]

    def notify(self, channel: Channel, payload: str) -> None:
        self._outbox.notify(channel, payload)

    async def commit(self) -> None:
        await self._session.flush()
        await self._outbox.send()
        await self._session.commit()


class SqlUnitOfWorkFactory:
    def __init__(
        self,
        database: Database,
        means: Means = Means.API,
        subscriptions: Subscriptions = lambda _recorded, _row: (),
    ) -> None:
        """`means` is what this process is for; `subscriptions` are the jobs that events start."""
        self._database = database
        self._means = means
        self._subscriptions = subscriptions

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[SqlUnitOfWork]:
        # Closing the session rolls back what was not committed.
        async with self._database.writing_session() as session:
            yield SqlUnitOfWork(session, Outbox(session, self._means, self._subscriptions))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlReadingUnitOfWork]:
        async with self._database.reading_session() as session:
            yield SqlReadingUnitOfWork(session)
