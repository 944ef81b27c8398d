"""The services of operations."""

from collections.abc import Mapping

from backend.repositories.operations.unit import OperationsUnits
from backend.services.background.executions import ExecutionService
from backend.services.files.contents import FileContents
from backend.services.operations.audit_events import AuditService
from backend.services.operations.erasure import AccountEraser
from backend.services.operations.health import Check, HealthService
from backend.services.operations.retention import CleanUpService, Retention


class OperationsServices:
    def __init__(
        self,
        uow: OperationsUnits,
        contents: FileContents,
        executions: ExecutionService,
        keep: Retention,
        checks: Mapping[str, Check],
    ) -> None:
        """`checks` test what this process needs, by name."""
        self.eraser = AccountEraser(uow, executions, contents)
        self.clean_up = CleanUpService(uow, contents, keep)
        self.audit = AuditService(uow)
        self.health = HealthService(checks)
