from decimal import Decimal
from typing import NamedTuple, Protocol

from backend.models.sales.leads import Lead, LeadQuery, LeadStatus
from backend.repositories.platform.base import ListedRepository
from backend.repositories.platform.bulk import BulkRepository


class LeadGroup(NamedTuple):
    """The leads of one status with estimated values in one currency, or without one."""

    status: LeadStatus
    currency: str | None
    size: int
    amount: Decimal | None


class LeadRepository(ListedRepository[Lead, LeadQuery], BulkRepository[Lead], Protocol):
    """Nothing beyond what every repository can do."""
