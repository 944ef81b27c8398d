"""The unit of work as the services of exchange see it."""

from typing import Protocol

from backend.repositories.background.unit import BackgroundReading, BackgroundUnit
from backend.repositories.exchange.reports import ReportRepository
from backend.repositories.platform.unit import Units
from backend.repositories.sales.unit import SalesReading, SalesUnit


class ExchangeReading(SalesReading, BackgroundReading, Protocol):
    @property
    def reports(self) -> ReportRepository: ...


class ExchangeUnit(ExchangeReading, SalesUnit, BackgroundUnit, Protocol):
    """A transaction."""


ExchangeUnits = Units[ExchangeUnit, ExchangeReading]
