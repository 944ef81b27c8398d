from typing import Protocol

from backend.models.leads import Lead, LeadQuery
from backend.repositories.base import ListedRepository


class LeadRepository(ListedRepository[Lead, LeadQuery], Protocol):
    """Nothing beyond what every repository can do."""
