"""The services of one process, by area."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TypeVar, cast

from backend.services.assistant.wiring import AssistantServices
from backend.services.background.wiring import BackgroundServices
from backend.services.files.wiring import FilesServices
from backend.services.identity.wiring import IdentityServices
from backend.services.mail.wiring import MailServices
from backend.services.notifications.wiring import NotificationsServices
from backend.services.operations.wiring import OperationsServices
from backend.services.platform.wiring import PlatformServices
from backend.services.sales.wiring import SalesServices
from backend.services.search.wiring import SearchServices
from backend.services.tasks.wiring import TasksServices
from backend.services.webhooks.wiring import WebhooksServices
from backend.services.workflows.wiring import WorkflowsServices

Service = TypeVar("Service")


@dataclass(frozen=True)
class Services:
    platform: PlatformServices
    mail: MailServices
    identity: IdentityServices
    tasks: TasksServices
    files: FilesServices
    sales: SalesServices
    search: SearchServices
    background: BackgroundServices
    assistant: AssistantServices
    webhooks: WebhooksServices
    workflows: WorkflowsServices
    notifications: NotificationsServices
    operations: OperationsServices

    def of(self, service: type[Service]) -> Service:
        """Return the one service of a class.

        Raises:
            LookupError: no area has it.
        """
        try:
            return cast(Service, self._by_class[service])
        except KeyError:
            raise LookupError(f"no area has a service of the class {service.__name__}") from None

    @cached_property
    def _by_class(self) -> dict[type, object]:
        """Raises ValueError if two services have the same class."""
        areas = [getattr(self, area.name) for area in fields(self)]
        found = [service for area in areas for service in vars(area).values()]
        by_class: dict[type, object] = {}
        for service in found:
            if type(service) in by_class:
                raise ValueError(f"two services of the class {type(service).__name__}")
            by_class[type(service)] = service
        return by_class
