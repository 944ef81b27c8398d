from typing import Protocol

from backend.models.sales.leads import Lead, LeadQuery
from backend.repositories.platform.base import ListedRepository
from backend.repositories.platform.bulk import BulkRepository


class LeadRepository(ListedRepository[Lead, LeadQuery], BulkRepository[Lead], Protocol):
    """Nothing beyond what every repository can do."""
