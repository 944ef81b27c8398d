"""The services of operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from backend.repositories.operations.unit import OperationsUnits
from backend.services.files.files import FileService
from backend.services.operations.audit_events import AuditService
from backend.services.operations.health import Check, HealthService
from backend.services.operations.retention import CleanUpService, Retention


@dataclass(frozen=True)
class OperationsServices:
    clean_up: CleanUpService
    audit: AuditService
    health: HealthService

    @classmethod
    def wire(
        cls, uow: OperationsUnits, files: FileService, keep: Retention, checks: Mapping[str, Check]
    ) -> Self:
        """`checks` test what this process needs, by name."""
        return cls(
            clean_up=CleanUpService(uow, files, keep),
            audit=AuditService(uow),
            health=HealthService(checks),
        )
