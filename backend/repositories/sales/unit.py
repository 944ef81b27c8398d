"""The unit of work as the services of sales see it."""

from typing import Protocol

from backend.repositories.files.unit import FilesReading, FilesUnit
from backend.repositories.platform.unit import Units
from backend.repositories.sales.customers import CustomerRepository
from backend.repositories.sales.leads import LeadRepository
from backend.repositories.sales.products import ProductRepository


class SalesReading(FilesReading, Protocol):
    @property
    def customers(self) -> CustomerRepository: ...
    @property
    def leads(self) -> LeadRepository: ...
    @property
    def products(self) -> ProductRepository: ...


class SalesUnit(SalesReading, FilesUnit, Protocol):
    """A transaction."""


SalesUnits = Units[SalesUnit, SalesReading]
