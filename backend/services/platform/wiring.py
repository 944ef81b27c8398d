"""The services of the platform."""

from backend.repositories.platform.unit import PlatformUnits
from backend.services.platform.idempotency import IdempotencyService


class PlatformServices:
    def __init__(self, uow: PlatformUnits) -> None:
        self.idempotency = IdempotencyService(uow)
