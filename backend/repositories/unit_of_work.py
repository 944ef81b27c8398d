"""One transaction and the repositories that work in it.

A unit is used once, by one coroutine, and stays open only while it talks to the database.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from backend.core.caching import CacheName
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.job_requests import JobRequest
from backend.repositories.assistant.chat_messages import ChatMessageRepository
from backend.repositories.assistant.chats import ChatRepository
from backend.repositories.assistant.model_configs import ModelConfigRepository
from backend.repositories.assistant.output_schemas import OutputSchemaRepository
from backend.repositories.assistant.planned_actions import AgentActionRepository
from backend.repositories.assistant.prompt_versions import PromptVersionRepository
from backend.repositories.assistant.prompts import PromptRepository
from backend.repositories.assistant.tools import ToolRepository
from backend.repositories.assistant.usage_records import AgentRunRepository
from backend.repositories.background.execution_steps import ExecutionStepRepository
from backend.repositories.background.executions import ExecutionRepository
from backend.repositories.background.jobs import JobRepository
from backend.repositories.exchange.reports import ReportRepository
from backend.repositories.files.files import FileRepository
from backend.repositories.identity.account_tokens import AccountTokenRepository
from backend.repositories.identity.invitations import InvitationRepository
from backend.repositories.identity.mail_limits import MailRequestRepository
from backend.repositories.identity.sessions import SessionRepository
from backend.repositories.identity.sign_in_failures import SignInRepository
from backend.repositories.identity.users import UserRepository
from backend.repositories.mail.mails import MailRepository
from backend.repositories.notifications.notifications import NotificationRepository
from backend.repositories.operations.retention import CleanUpRepository
from backend.repositories.platform.audit_events import EventRepository
from backend.repositories.platform.base import Repository
from backend.repositories.platform.idempotency import IdempotencyRepository
from backend.repositories.sales.customers import CustomerRepository
from backend.repositories.sales.leads import LeadRepository
from backend.repositories.sales.products import ProductRepository
from backend.repositories.search.search import SearchRepository
from backend.repositories.work.modules import ModuleContents, ModuleRepository
from backend.repositories.work.tasks import TaskRepository
from backend.repositories.workflows.workflow_versions import WorkflowVersionRepository
from backend.repositories.workflows.workflows import WorkflowRepository

Subscriptions = Callable[[DomainEvent, UUID], Sequence[JobRequest]]
"""The jobs that an event starts, as `backend.jobs.subscriptions` has them."""


class Channel(StrEnum):
    """What processes tell each other of, by LISTEN and NOTIFY."""

    CACHE = "mvp_cache"
    EXECUTIONS = "mvp_executions"
    NOTIFICATIONS = "mvp_notifications"


class ReadingUnitOfWork(Protocol):
    """Single statements outside a transaction. Refuses to write."""

    @property
    def users(self) -> UserRepository: ...
    @property
    def sessions(self) -> SessionRepository: ...
    @property
    def sign_ins(self) -> SignInRepository: ...
    @property
    def customers(self) -> CustomerRepository: ...
    @property
    def leads(self) -> LeadRepository: ...
    @property
    def products(self) -> ProductRepository: ...
    @property
    def tasks(self) -> TaskRepository: ...
    @property
    def modules(self) -> ModuleRepository: ...
    @property
    def module_contents(self) -> Mapping[str, ModuleContents]:
        """What can lie in a module, whatever area it is of, by what its ids are recorded as."""
        ...

    @property
    def task_references(self) -> Mapping[str, Repository[Any]]:
        """What tasks refer to, whatever area it is of, by the field that does."""
        ...

    @property
    def files(self) -> FileRepository: ...
    @property
    def executions(self) -> ExecutionRepository: ...
    @property
    def execution_steps(self) -> ExecutionStepRepository: ...
    @property
    def reports(self) -> ReportRepository: ...
    @property
    def search(self) -> SearchRepository: ...
    @property
    def idempotency(self) -> IdempotencyRepository: ...
    @property
    def notifications(self) -> NotificationRepository: ...
    @property
    def clean_up(self) -> CleanUpRepository: ...
    @property
    def events(self) -> EventRepository: ...
    @property
    def jobs(self) -> JobRepository: ...
    @property
    def mails(self) -> MailRepository: ...
    @property
    def mail_requests(self) -> MailRequestRepository: ...
    @property
    def model_configs(self) -> ModelConfigRepository: ...
    @property
    def tools(self) -> ToolRepository: ...
    @property
    def prompts(self) -> PromptRepository: ...
    @property
    def prompt_versions(self) -> PromptVersionRepository: ...
    @property
    def output_schemas(self) -> OutputSchemaRepository: ...
    @property
    def account_tokens(self) -> AccountTokenRepository: ...
    @property
    def invitations(self) -> InvitationRepository: ...
    @property
    def workflows(self) -> WorkflowRepository: ...
    @property
    def workflow_versions(self) -> WorkflowVersionRepository: ...
    @property
    def chats(self) -> ChatRepository: ...
    @property
    def chat_messages(self) -> ChatMessageRepository: ...
    @property
    def agent_runs(self) -> AgentRunRepository: ...
    @property
    def agent_actions(self) -> AgentActionRepository: ...


class UnitOfWork(ReadingUnitOfWork, Protocol):
    """A transaction. What is not committed when the unit is left is rolled back."""

    def record(self, event: DomainEvent) -> None:
        """Tell what has happened: with the commit it is kept, and the jobs of its handlers are.

        Changes nothing if there is no commit.
        """
        ...

    async def defer(self, job: JobRequest) -> int:
        """Have work done in the background once this transaction has committed.

        Answers the id of the job.
        """
        ...

    def notify(self, channel: Channel, payload: str) -> None:
        """Tell all processes that listen, once this transaction has committed. At most 8,000 bytes.

        Nobody who is away hears of it later: send what to look at, not what to know.
        """
        ...

    def forget(self, cache: CacheName, owner: UUID) -> None:
        """Have the caches of this process forget what they know of the owner, with the commit.

        The next request here then finds the change. Other processes hear of it from the
        triggers of the tables, within milliseconds.
        """
        ...

    async def commit(self) -> None: ...


class UnitOfWorkFactory(Protocol):
    """Makes a fresh unit at each call; units are neither nested nor shared."""

    def __call__(self) -> AbstractAsyncContextManager[UnitOfWork]: ...

    def reading(self) -> AbstractAsyncContextManager[ReadingUnitOfWork]: ...
