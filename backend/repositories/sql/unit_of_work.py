"""The unit of work on SQLAlchemy sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
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
from backend.repositories.sql.assistant.chat_messages import SqlChatMessageRepository
from backend.repositories.sql.assistant.chats import SqlChatRepository
from backend.repositories.sql.assistant.model_configs import SqlModelConfigRepository
from backend.repositories.sql.assistant.output_schemas import SqlOutputSchemaRepository
from backend.repositories.sql.assistant.planned_actions import SqlAgentActionRepository
from backend.repositories.sql.assistant.prompt_versions import SqlPromptVersionRepository
from backend.repositories.sql.assistant.prompts import SqlPromptRepository
from backend.repositories.sql.assistant.tools import SqlToolRepository
from backend.repositories.sql.assistant.usage_records import SqlAgentRunRepository
from backend.repositories.sql.background.execution_steps import SqlExecutionStepRepository
from backend.repositories.sql.background.executions import SqlExecutionRepository
from backend.repositories.sql.background.jobs import SqlJobRepository
from backend.repositories.sql.exchange.reports import SqlReportRepository
from backend.repositories.sql.files.files import SqlFileRepository
from backend.repositories.sql.identity.account_tokens import SqlAccountTokenRepository
from backend.repositories.sql.identity.invitations import SqlInvitationRepository
from backend.repositories.sql.identity.mail_limits import SqlMailRequestRepository
from backend.repositories.sql.identity.sessions import SqlSessionRepository
from backend.repositories.sql.identity.sign_in_failures import SqlSignInRepository
from backend.repositories.sql.identity.users import SqlUserRepository
from backend.repositories.sql.mail.mails import SqlMailRepository
from backend.repositories.sql.notifications.notifications import SqlNotificationRepository
from backend.repositories.sql.operations.retention import SqlCleanUpRepository
from backend.repositories.sql.platform.audit_events import SqlEventRepository
from backend.repositories.sql.platform.constraints import domain_errors
from backend.repositories.sql.platform.contention import contention_errors
from backend.repositories.sql.platform.idempotency import SqlIdempotencyRepository
from backend.repositories.sql.platform.outbox import Outbox
from backend.repositories.sql.platform.reading import Reader
from backend.repositories.sql.platform.writing import Writer
from backend.repositories.sql.sales.customers import SqlCustomerRepository
from backend.repositories.sql.sales.leads import SqlLeadRepository
from backend.repositories.sql.sales.products import SqlProductRepository
from backend.repositories.sql.search.search import SqlSearchRepository
from backend.repositories.sql.work.modules import SqlModuleRepository
from backend.repositories.sql.work.tasks import SqlTaskRepository
from backend.repositories.sql.workflows.workflow_versions import SqlWorkflowVersionRepository
from backend.repositories.sql.workflows.workflows import SqlWorkflowRepository
from backend.repositories.work.modules import ModuleContents


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

    @cached_property
    def files(self) -> SqlFileRepository:
        return SqlFileRepository(self._session)

    @cached_property
    def executions(self) -> SqlExecutionRepository:
        return SqlExecutionRepository(self._session)

    @cached_property
    def execution_steps(self) -> SqlExecutionStepRepository:
        return SqlExecutionStepRepository(self._session)

    @cached_property
    def reports(self) -> SqlReportRepository:
        return SqlReportRepository(self._session)

    @cached_property
    def search(self) -> SqlSearchRepository:
        return SqlSearchRepository(self._session)

    @cached_property
    def idempotency(self) -> SqlIdempotencyRepository:
        return SqlIdempotencyRepository(self._session)

    @cached_property
    def notifications(self) -> SqlNotificationRepository:
        return SqlNotificationRepository(self._session)

    @cached_property
    def clean_up(self) -> SqlCleanUpRepository:
        return SqlCleanUpRepository(self._session)

    @cached_property
    def events(self) -> SqlEventRepository:
        return SqlEventRepository(self._session)

    @cached_property
    def jobs(self) -> SqlJobRepository:
        return SqlJobRepository(self._session)

    @cached_property
    def mails(self) -> SqlMailRepository:
        return SqlMailRepository(self._session)

    @cached_property
    def mail_requests(self) -> SqlMailRequestRepository:
        return SqlMailRequestRepository(self._session)

    @cached_property
    def model_configs(self) -> SqlModelConfigRepository:
        return SqlModelConfigRepository(self._session)

    @cached_property
    def tools(self) -> SqlToolRepository:
        return SqlToolRepository(self._session)

    @cached_property
    def prompts(self) -> SqlPromptRepository:
        return SqlPromptRepository(self._session)

    @cached_property
    def prompt_versions(self) -> SqlPromptVersionRepository:
        return SqlPromptVersionRepository(self._session)

    @cached_property
    def output_schemas(self) -> SqlOutputSchemaRepository:
        return SqlOutputSchemaRepository(self._session)

    @cached_property
    def account_tokens(self) -> SqlAccountTokenRepository:
        return SqlAccountTokenRepository(self._session)

    @cached_property
    def invitations(self) -> SqlInvitationRepository:
        return SqlInvitationRepository(self._session)

    @cached_property
    def workflows(self) -> SqlWorkflowRepository:
        return SqlWorkflowRepository(self._session)

    @cached_property
    def workflow_versions(self) -> SqlWorkflowVersionRepository:
        return SqlWorkflowVersionRepository(self._session)

    @cached_property
    def chats(self) -> SqlChatRepository:
        return SqlChatRepository(self._session)

    @cached_property
    def chat_messages(self) -> SqlChatMessageRepository:
        return SqlChatMessageRepository(self._session)

    @cached_property
    def agent_runs(self) -> SqlAgentRunRepository:
        return SqlAgentRunRepository(self._session)

    @cached_property
    def agent_actions(self) -> SqlAgentActionRepository:
        return SqlAgentActionRepository(self._session)


class SqlUnitOfWork(SqlReadingUnitOfWork):
    def __init__(self, writer: Writer, outbox: Outbox, caches: Caches) -> None:
        # It has what repositories ask of a session.
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
                await self._outbox.send_with_new_rows()
        finally:
            # After an error nobody knows whether it was committed.
            for cache, owner in self._outdated:
                self._caches.forget(cache, owner)


class SqlUnitOfWorkFactory:
    def __init__(
        self,
        database: Database,
        means: Means = Means.API,
        subscriptions: Subscriptions = lambda _recorded, _row: (),
        caches: Caches = NO_CACHES,
    ) -> None:
        """`means` is what this process is for; `subscriptions` are the jobs that events start;
        `caches` are those of this process."""
        self._database = database
        self._means = means
        self._subscriptions = subscriptions
        self._caches = caches

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[SqlUnitOfWork]:
        writer = Writer(self._database)
        outbox = Outbox(writer, self._means, self._subscriptions)
        try:
            # Around all of it, as any query may flush what was changed before.
            with domain_errors(), contention_errors():
                yield SqlUnitOfWork(writer, outbox, self._caches)
        finally:
            await writer.close()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlReadingUnitOfWork]:
        reader = Reader(self._database)
        try:
            # It has what repositories ask of a session to read.
            yield SqlReadingUnitOfWork(cast(AsyncSession, reader))
        finally:
            await reader.close()
