"""Services are found by their class, and a mistake in the wiring is found at the start."""

from copy import copy
from dataclasses import replace
from typing import Any

import pytest

from backend.api.injection import injected_classes
from backend.core.config import Settings
from backend.main import create_app
from backend.services.container import Services
from backend.services.platform.idempotency import IdempotencyService
from backend.services.tasks.tasks import TaskService


class _Nowhere:
    """No area has a service of this class."""


@pytest.fixture(scope="module")
def services(settings: Settings) -> Services:
    services: Services = create_app(settings).state.services
    return services


def test_a_service_is_found_by_its_class(services: Services) -> None:
    assert services.of(TaskService) is services.tasks.tasks


def test_what_no_area_has_is_named(services: Services) -> None:
    with pytest.raises(LookupError, match="_Nowhere"):
        services.of(_Nowhere)


def test_a_class_that_two_areas_have_is_refused(services: Services) -> None:
    sales: Any = copy(services.sales)
    sales.products = services.tasks.tasks
    double = replace(services, sales=sales)

    with pytest.raises(ValueError, match="TaskService"):
        double.of(IdempotencyService)


def test_every_service_that_a_route_asks_for_is_there(services: Services) -> None:
    assert TaskService in injected_classes()
    assert all(isinstance(services.of(each), each) for each in injected_classes())
