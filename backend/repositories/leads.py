from typing import Protocol

from backend.models.leads import Lead, LeadQuery
from backend.repositories.base import ListedRepository
from backend.repositories.bulk import BulkRepository


class LeadRepository(ListedRepository[Lead, LeadQuery], BulkRepository[Lead], Protocol):
    """Nothing beyond what every repository can do."""
