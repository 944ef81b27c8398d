from typing import Protocol

from backend.models.customers import Customer, CustomerQuery
from backend.repositories.base import ListedRepository


class CustomerRepository(ListedRepository[Customer, CustomerQuery], Protocol):
    """Nothing beyond what every repository can do."""
