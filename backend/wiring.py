"""Builds the services of one process: the API, the worker or a command."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from backend.core.caching import NO_CACHES, Caches
from backend.core.config import Settings
from backend.core.database import Database
from backend.core.migrations import REPLACED_REVISIONS, older_revisions
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Means
from backend.core.scopes import Within
from backend.integrations.exchange.sheets import read_sheet
from backend.integrations.exchange.sheets_writer import write_xlsx
from backend.integrations.files.storage import open_storage
from backend.integrations.mail.mailers import open_mailer
from backend.integrations.mail.rendering import JinjaTemplates
from backend.integrations.webhooks.poster_on_demand import PosterOnDemand
from backend.jobs.subscriptions import jobs_for
from backend.models.platform.mixins import now
from backend.process_state import ProcessState
from backend.repositories.operations.retention import Expiring
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.assistant.model_choice import ModelChooser
from backend.services.assistant.tools.base import ToolDependencies
from backend.services.assistant.web_search import WebSearch
from backend.services.assistant.wiring import AssistantServices, tool_service
from backend.services.background.kinds import RegisteredKind
from backend.services.background.wiring import BackgroundServices
from backend.services.container import Services
from backend.services.exchange.account_exports import AccountExportKind
from backend.services.exchange.exports import ExportKind, exported_lists
from backend.services.exchange.imports.kind import ImportKind
from backend.services.exchange.kinds import exchange_kinds
from backend.services.exchange.reports import ReportKind
from backend.services.files.wiring import FilesServices
from backend.services.identity.account_tokens import AccountTokens
from backend.services.identity.organisations import OrganisationService
from backend.services.identity.providers import OfferedProviders
from backend.services.identity.rights import PresentRights
from backend.services.identity.second_factor_rule import SecondFactorRule
from backend.services.identity.sign_in_links import SignInLinks
from backend.services.identity.token_values import TokenValues
from backend.services.identity.wiring import IdentityServices
from backend.services.mail.composing import MailWriter
from backend.services.mail.links import MailLinks
from backend.services.mail.wiring import MailServices
from backend.services.notifications.wiring import NotificationsServices
from backend.services.operations.health import Check
from backend.services.operations.retention import Retention
from backend.services.operations.wiring import OperationsServices
from backend.services.platform.live_streams import LiveStreams
from backend.services.platform.wiring import PlatformServices
from backend.services.sales.wiring import SalesServices
from backend.services.search.wiring import SearchServices
from backend.services.tasks.wiring import TasksServices
from backend.services.webhooks.wiring import WebhooksServices
from backend.services.workflows.runs.kinds import workflow_kinds
from backend.services.workflows.wiring import WorkflowsServices

if TYPE_CHECKING:
    from backend.seeds.base import SeedContext


def units_of_work(
    database: Database, means: Means, caches: Caches = NO_CACHES
) -> SqlUnitOfWorkFactory:
    """`means` is the interface of this process."""
    return SqlUnitOfWorkFactory(database, means, jobs_for, caches)


def wire(
    settings: Settings,
    uow: UnitOfWorkFactory,
    checks: Mapping[str, Check],
    state: ProcessState,
) -> Services:
    """Create the services of one process, area by area.

    Raises:
        ConfigurationError: MAIL_URL or FILES_URL can't be used.
    """
    identity = identity_services(settings, uow, state)
    rights = identity.rights
    streams = LiveStreams(rights.is_live, state.notices, state.stopped)
    tasks = TasksServices(uow, require_version=settings.server.require_if_match)
    files = files_services(settings, uow)
    sales = SalesServices(uow)
    search = SearchServices(uow)
    tools = tool_services(sales, tasks, identity, files, search, state.web_search)
    assistant = assistant_services(settings, uow, state, tools, rights)
    kinds = execution_kinds(uow, sales, tasks, files) | workflow_kinds(uow, assistant)
    most, names = settings.executions.max_active, assistant.execution_names
    background = BackgroundServices(uow, kinds, most, rights, streams, names=names)
    return Services(
        platform=PlatformServices(uow),
        mail=mail_services(settings, uow),
        identity=identity,
        tasks=tasks,
        files=files,
        sales=sales,
        search=search,
        background=background,
        assistant=assistant,
        webhooks=webhook_services(settings, uow, state.webhook_poster),
        workflows=WorkflowsServices(uow),
        notifications=NotificationsServices(
            uow,
            identity.account_mails,
            streams,
            {"execution": background.execution_watch, "chat": assistant.chat_watch},
        ),
        operations=OperationsServices(
            uow, files.contents, background.executions, retention(settings), checks
        ),
    )


def identity_services(
    settings: Settings, uow: UnitOfWorkFactory, state: ProcessState
) -> IdentityServices:
    return IdentityServices(
        uow,
        settings,
        state.identities,
        offered=OfferedProviders(state.providers.by_name, sign_in_links(settings)),
        organisations=organisation_service(settings, uow),
    )


def sign_in_links(settings: Settings) -> SignInLinks:
    api_url = settings.identity_providers.api_url or f"http://localhost:{settings.server.port}"
    return SignInLinks(settings.server.public_url, api_url.rstrip("/"))


def seed_context(settings: Settings, uow: UnitOfWorkFactory, within: Within) -> "SeedContext":
    """Raises ConfigurationError if FILES_URL can't be used."""
    from backend.seeds.base import SeedContext  # noqa: PLC0415  # a server needs none

    return SeedContext(
        uow=uow,
        storage=open_storage(settings.files_url),
        hasher=PasswordHasher(),
        password=settings.seed.password.get_secret_value(),
        now=now(),
        scope=within,
        tools=tool_service(uow),
    )


def organisation_service(settings: Settings, uow: UnitOfWorkFactory) -> OrganisationService:
    async def furnish(within: Within) -> None:
        from backend.seeds.runner import DEFAULTS, seed  # noqa: PLC0415  # see above

        await seed(seed_context(settings, uow, within), tuple(DEFAULTS))

    database = settings.database
    grace = timedelta(days=database.organisation_grace_days)
    rule = SecondFactorRule(frozenset(settings.security.require_second_factor))
    many = database.has_many_organisations
    return OrganisationService(uow, grace if many else None, furnish, rule)


def assistant_services(
    settings: Settings,
    uow: UnitOfWorkFactory,
    state: ProcessState,
    tools: ToolDependencies,
    rights: PresentRights,
) -> AssistantServices:
    models = ModelChooser(settings.language_models)
    return AssistantServices(uow, settings.assistant, models, state.language_models, tools, rights)


def tool_services(
    sales: SalesServices,
    tasks: TasksServices,
    identity: IdentityServices,
    files: FilesServices,
    search: SearchServices,
    web_search: WebSearch | None,
) -> ToolDependencies:
    """Return the services that the assistant's tools call."""
    return ToolDependencies(
        customers=sales.customers,
        leads=sales.leads,
        products=sales.products,
        tasks=tasks.tasks,
        users=identity.users,
        files=files.files,
        search=search.search,
        web_search=web_search,
    )


def execution_kinds(
    uow: UnitOfWorkFactory, sales: SalesServices, tasks: TasksServices, files: FilesServices
) -> dict[str, RegisteredKind]:
    """Return reports, imports and exports."""
    lists = exported_lists(sales.customers, sales.leads, sales.products, tasks.tasks)
    return exchange_kinds(
        ReportKind(uow),
        ImportKind(uow, files.files, read_sheet),
        ExportKind(lists, files.files, write_xlsx),
        AccountExportKind(uow, files.files),
    )


def retention(settings: Settings) -> Retention:
    keep, security = settings.retention, settings.security
    events = timedelta(days=keep.event_days) if keep.event_days else None
    return {
        Expiring.IDEMPOTENCY_KEYS: timedelta(hours=settings.server.idempotency_key_hours),
        Expiring.REFRESH_TOKENS: timedelta(days=security.refresh_token_days),
        Expiring.SESSIONS: timedelta(days=keep.session_days),
        # For as long as their states could come again.
        Expiring.PROVIDER_SIGN_INS: timedelta(hours=1),
        Expiring.USED_CHALLENGES: timedelta(hours=1),
        Expiring.ACCOUNT_TOKENS: timedelta(),
        Expiring.MAIL_REQUESTS: timedelta(minutes=security.mail_request_window_minutes),
        Expiring.MAILS: timedelta(days=keep.mail_days),
        Expiring.JOBS: timedelta(days=keep.job_days),
        Expiring.NOTIFICATIONS: timedelta(days=keep.notification_days),
        Expiring.USAGE_RECORDS: timedelta(days=keep.assistant_days),
        Expiring.PLANNED_ACTIONS: timedelta(days=keep.assistant_days),
        Expiring.WEBHOOK_MESSAGES: timedelta(days=keep.webhook_days),
        Expiring.INCOMING_MESSAGES: timedelta(days=keep.webhook_days),
        Expiring.EVENTS: events,
        Expiring.PERSONAL_CHANGES: events,
    }


def mail_services(settings: Settings, uow: UnitOfWorkFactory) -> MailServices:
    """Raises ConfigurationError if MAIL_URL can't be used."""
    mail = settings.mail
    mailer = open_mailer(settings.mail_url, mail.sender, mail.timeout_seconds)
    links = MailLinks(settings.server.public_url, f"http://localhost:{settings.server.port}")
    secrets = TokenValues(uow, AccountTokens(settings.security), links)
    writer = MailWriter(JinjaTemplates(), secrets, links)
    return MailServices(uow, mailer, writer, timedelta(seconds=mail.timeout_seconds + 5))


def files_services(settings: Settings, uow: UnitOfWorkFactory) -> FilesServices:
    """Raises ConfigurationError if FILES_URL can't be used."""
    return FilesServices(uow, open_storage(settings.files_url), settings.files)


def webhook_services(
    settings: Settings, uow: UnitOfWorkFactory, poster: PosterOnDemand
) -> WebhooksServices:
    return WebhooksServices(uow, settings, poster.addresses, poster)


def migrated(database: Database) -> Check:
    """Return a check that the database is not behind the code."""
    older = older_revisions() | REPLACED_REVISIONS

    async def check() -> str | None:
        revision = await database.revision()
        # An unknown revision is newer: the next version is being rolled out.
        if revision is not None and revision not in older:
            return None
        return "behind the migrations of the code; run `mvp migrate upgrade`"

    return check
