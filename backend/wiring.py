"""Puts together the services of one process: the API's, the worker's or a command's."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from backend.core.caching import NO_CACHES, CacheName, Caches, LocalCache
from backend.core.config import Settings
from backend.core.database import Database, libpq_url
from backend.core.migrations import older_revisions
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Means
from backend.core.security import AccessTokens
from backend.integrations.assistant.language_models import LanguageModelsOnDemand
from backend.integrations.assistant.tavily import TavilySearch, open_web_search
from backend.integrations.exchange.sheets import read_sheet
from backend.integrations.exchange.sheets_writer import write_xlsx
from backend.integrations.files.storage import open_storage
from backend.integrations.mail.mailers import open_mailer
from backend.integrations.mail.rendering import JinjaTemplates
from backend.integrations.platform.listener import Audience, Listener
from backend.integrations.platform.wake_ups import NoticeBoard, Topic
from backend.jobs.subscriptions import jobs_for
from backend.models.platform.mixins import now
from backend.repositories.identity.sessions import Identity
from backend.repositories.operations.retention import Expiring
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.assistant.execution_naming import ExecutionNames
from backend.services.assistant.model_configs import ModelConfigService
from backend.services.assistant.output_schemas import OutputSchemaService
from backend.services.assistant.prompts import PromptService
from backend.services.assistant.tool_registry import ToolService
from backend.services.assistant.tools import AGENT_TOOLS
from backend.services.assistant.tools.base import ToolServices
from backend.services.assistant.wiring import assistant_of
from backend.services.background.executions import ExecutionService
from backend.services.background.jobs import JobService
from backend.services.background.stream import ExecutionWatch
from backend.services.container import Services
from backend.services.exchange.exports import ExportKind, exported_lists
from backend.services.exchange.imports.kind import ImportKind
from backend.services.exchange.kinds import exchange_kinds
from backend.services.exchange.reports import ReportKind
from backend.services.files.files import FileRules, FileService
from backend.services.files.quota import FileQuota
from backend.services.identity.account_tokens import AccountTokens
from backend.services.identity.auth import AuthService
from backend.services.identity.email_verification import EmailVerificationService
from backend.services.identity.invitations import InvitationService
from backend.services.identity.mail_limits import MailRequestLimits
from backend.services.identity.password_check import PasswordCheck
from backend.services.identity.password_resets import PasswordResetService
from backend.services.identity.rights import PresentRights
from backend.services.identity.sessions import SessionService
from backend.services.identity.token_mails import AccountMails
from backend.services.identity.token_values import TokenValues
from backend.services.identity.users import Registration, UserService
from backend.services.mail.composing import MailWriter
from backend.services.mail.delivery import MailService
from backend.services.mail.links import MailLinks
from backend.services.notifications.handler import Notifier
from backend.services.notifications.notifications import NotificationService
from backend.services.notifications.stream import NotificationWatch
from backend.services.operations.audit_events import AuditService
from backend.services.operations.health import Check, HealthService
from backend.services.operations.retention import CleanUpService, Retention
from backend.services.platform.idempotency import IdempotencyService
from backend.services.platform.live_streams import Streams
from backend.services.sales.customers import CustomerService
from backend.services.sales.leads import LeadService
from backend.services.sales.products import ProductService
from backend.services.search.search import SearchService
from backend.services.work.checklists import ChecklistService
from backend.services.work.modules import ModuleService
from backend.services.work.task_bulk import TaskBulkService
from backend.services.work.tasks import TaskService
from backend.services.workflows.runs.kinds import workflow_kinds
from backend.services.workflows.workflows import WorkflowService

_IDENTITIES = 10_000
# In case that a change was not heard of, against all odds.
_IDENTITY_LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True)
class ProcessState:
    """What one process keeps in memory, and hears from others while `listener` runs.

    `stopped` is set when the process is asked to stop: then nothing waits any longer.
    """

    identities: LocalCache[Identity]
    caches: Caches
    notices: NoticeBoard
    listener: Listener
    language_models: LanguageModelsOnDemand
    web_search: TavilySearch | None
    stopped: asyncio.Event

    async def close(self) -> None:
        """Close the connections to what lies outside."""
        await self.language_models.close()
        if self.web_search is not None:
            await self.web_search.close()


def process_state(settings: Settings) -> ProcessState:
    """Raises ConfigurationError if DATABASE_URL can't be used."""
    identities = LocalCache(_IDENTITIES, _lifetime)
    caches = Caches({CacheName.IDENTITY: identities})
    topics = {Channel(name): Topic() for name in set(Channel) - {Channel.CACHE}}
    audiences: dict[Channel, Audience] = {Channel.CACHE: caches, **topics}
    database = settings.database
    listener = Listener(libpq_url(database), database.connect_timeout_seconds, audiences)
    models = LanguageModelsOnDemand(settings.language_models)
    web = open_web_search(settings.web_search)
    notices = NoticeBoard(topics)
    return ProcessState(identities, caches, notices, listener, models, web, asyncio.Event())


def units_of_work(
    database: Database, means: Means, caches: Caches = NO_CACHES
) -> SqlUnitOfWorkFactory:
    """`means` is what this process is for."""
    return SqlUnitOfWorkFactory(database, means, jobs_for, caches)


def _lifetime(identity: Identity) -> timedelta:
    return min(_IDENTITY_LIFETIME, identity.expires_at - now())


def wire(
    settings: Settings,
    uow: UnitOfWorkFactory,
    checks: Mapping[str, Check],
    state: ProcessState,
) -> Services:
    """Make the services of one process, with all that they stand on."""
    hasher = PasswordHasher()
    tokens = AccessTokens(settings.security)
    rights = PresentRights(uow, state.identities)
    streams = Streams(rights.is_live, state.notices, state.stopped)
    files = file_service(settings, uow)
    account_tokens = AccountTokens(settings.security)
    mails = mail_service(settings, uow, account_tokens)
    account_mails = AccountMails(mails, account_tokens)
    limits = MailRequestLimits(settings.security)
    opened = Registration(settings.security.registration_role, account_mails, limits)
    customers, leads = CustomerService(uow), LeadService(uow)
    products, tasks = ProductService(uow), TaskService(uow)
    users = UserService(uow, hasher, opened if settings.registration_enabled else None)
    search = SearchService(uow)
    at_hand = ToolServices(
        customers, leads, products, tasks, users, files, search, state.web_search
    )
    assistant = assistant_of(
        uow, settings.assistant, settings.language_models, state.language_models, at_hand, rights
    )
    kinds = exchange_kinds(
        ReportKind(uow),
        ImportKind(uow, files, read_sheet),
        ExportKind(exported_lists(customers, leads, products, tasks), files, write_xlsx),
    ) | workflow_kinds(uow, assistant)
    names = ExecutionNames(uow, assistant.chooser, assistant.runner)
    passwords = PasswordCheck(uow, hasher, settings.security)
    lasting = timedelta(days=settings.security.refresh_token_days)
    leeway = timedelta(seconds=settings.security.refresh_leeway_seconds)
    return Services(
        auth=AuthService(uow, hasher, passwords, tokens, lasting, leeway),
        rights=rights,
        sessions=SessionService(uow, tokens, rights),
        users=users,
        email_verification=EmailVerificationService(uow, account_mails, limits),
        password_resets=PasswordResetService(uow, hasher, account_mails, limits),
        invitations=InvitationService(uow, hasher, account_mails, account_tokens),
        mails=mails,
        customers=customers,
        leads=leads,
        products=products,
        tasks=tasks,
        task_bulk=TaskBulkService(uow, require_version=settings.server.require_if_match),
        checklists=ChecklistService(uow),
        modules=ModuleService(uow),
        files=files,
        workflows=WorkflowService(uow),
        model_configs=ModelConfigService(uow),
        search=search,
        assistant=assistant,
        tools=tool_service(uow),
        prompts=PromptService(uow),
        output_schemas=OutputSchemaService(uow),
        idempotency=IdempotencyService(uow),
        executions=ExecutionService(uow, kinds, settings.executions.most_active, rights, names),
        execution_watch=ExecutionWatch(uow, streams),
        notifications=NotificationService(uow),
        notification_watch=NotificationWatch(uow, streams),
        notifier=Notifier(uow, mails),
        clean_up=CleanUpService(uow, files, retention(settings)),
        audit=AuditService(uow),
        jobs=JobService(uow),
        health=HealthService(checks),
    )


def retention(settings: Settings) -> Retention:
    keep, security = settings.retention, settings.security
    return {
        Expiring.IDEMPOTENCY_KEYS: timedelta(hours=settings.server.idempotency_key_hours),
        Expiring.REFRESH_TOKENS: timedelta(days=security.refresh_token_days),
        Expiring.SESSIONS: timedelta(days=keep.session_days),
        Expiring.ACCOUNT_TOKENS: timedelta(),
        Expiring.MAIL_REQUESTS: timedelta(minutes=security.mail_request_window_minutes),
        Expiring.MAILS: timedelta(days=keep.mail_days),
        Expiring.JOBS: timedelta(days=keep.job_days),
        Expiring.AGENT_RUNS: timedelta(days=keep.assistant_days),
        Expiring.AGENT_ACTIONS: timedelta(days=keep.assistant_days),
        Expiring.EVENTS: timedelta(days=keep.event_days) if keep.event_days else None,
    }


def mail_service(settings: Settings, uow: UnitOfWorkFactory, tokens: AccountTokens) -> MailService:
    """Raises ConfigurationError if MAIL_URL can't be used."""
    mail = settings.mail
    mailer = open_mailer(settings.mail_url, mail.sender, mail.timeout_seconds)
    links = MailLinks(settings.server.public_url, f"http://localhost:{settings.server.port}")
    patience = timedelta(seconds=mail.timeout_seconds + 5)
    writer = MailWriter(JinjaTemplates(), TokenValues(uow, tokens, links), links)
    return MailService(uow, mailer, writer, patience)


def file_service(settings: Settings, uow: UnitOfWorkFactory) -> FileService:
    """Raises ConfigurationError if FILES_URL can't be used."""
    given = settings.files
    rules = FileRules(given.max_bytes, given.allowed_types)
    quota = FileQuota(given.count_per_person, given.bytes_per_person)
    return FileService(uow, open_storage(settings.files_url), rules, quota)


def tool_service(uow: UnitOfWorkFactory) -> ToolService:
    """With what the agent may do."""
    return ToolService(uow, list(AGENT_TOOLS.values()))


def migrated(database: Database) -> Check:
    """Whether the database is not behind the code."""
    older = older_revisions()

    async def check() -> str | None:
        revision = await database.revision()
        # One that the code does not know is newer: the next version is being rolled out.
        if revision is not None and revision not in older:
            return None
        return "behind the migrations of the code; run `mvp migrate upgrade`"

    return check
