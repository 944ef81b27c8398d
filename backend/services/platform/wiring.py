"""The services of the platform."""

from dataclasses import dataclass
from typing import Self

from backend.repositories.platform.unit import PlatformUnits
from backend.services.platform.idempotency import IdempotencyService


@dataclass(frozen=True)
class PlatformServices:
    idempotency: IdempotencyService

    @classmethod
    def wire(cls, uow: PlatformUnits) -> Self:
        return cls(idempotency=IdempotencyService(uow))
