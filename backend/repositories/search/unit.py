"""The unit of work as the services of search see it."""

from typing import Protocol

from backend.repositories.platform.unit import Units
from backend.repositories.sales.unit import SalesReading, SalesUnit
from backend.repositories.search.search import SearchRepository


class SearchReading(SalesReading, Protocol):
    @property
    def search(self) -> SearchRepository: ...


class SearchUnit(SearchReading, SalesUnit, Protocol):
    """A transaction."""


SearchUnits = Units[SearchUnit, SearchReading]
