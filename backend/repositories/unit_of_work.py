"""The whole unit of work, which composition roots pass to services; each service sees a part of
it."""

from typing import Protocol

from backend.repositories.exchange.unit import ExchangeReading, ExchangeUnit
from backend.repositories.notifications.unit import NotificationsReading, NotificationsUnit
from backend.repositories.operations.unit import OperationsReading, OperationsUnit
from backend.repositories.platform.unit import Units
from backend.repositories.workflows.unit import WorkflowsReading, WorkflowsUnit


class ReadingUnitOfWork(
    WorkflowsReading,
    ExchangeReading,
    NotificationsReading,
    OperationsReading,
    Protocol,
):
    """Single statements outside a transaction, with the repositories of all areas."""


class UnitOfWork(
    ReadingUnitOfWork,
    WorkflowsUnit,
    ExchangeUnit,
    NotificationsUnit,
    OperationsUnit,
    Protocol,
):
    """A transaction, with the repositories of all areas."""


UnitOfWorkFactory = Units[UnitOfWork, ReadingUnitOfWork]
