"""Hands services to routes by their class: `tasks: Injected[TaskService]`."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Depends, Request

Service = TypeVar("Service")

_providers: dict[type, Callable[[Request], Awaitable[object]]] = {}
_provided: dict[object, type] = {}

if TYPE_CHECKING:
    Injected = Annotated[Service, "the one service of its class"]
else:

    class Injected:
        """The dependency that FastAPI sees at run time; for type checkers it is the class alone."""

        def __class_getitem__(cls, service: type) -> Any:
            return Annotated[service, Depends(_provider_of(service))]


def service_of(request: Request, service: type[Service]) -> Service:
    """Return the one service of a class. Raises LookupError if no area has it."""
    found: Service = request.app.state.services.of(service)
    return found


def injected_classes() -> Iterable[type]:
    """All services that routes need, so that a missing one is found at the start."""
    return _providers


def provided_class(function: object) -> type | None:
    """Return the class of the service that a dependency provides; None if it is another one."""
    return _provided.get(function)


def _provider_of(service: type) -> Callable[[Request], Awaitable[object]]:
    """Return the same function for a class each time, so that FastAPI calls it once per request."""
    if service not in _providers:

        async def provide(request: Request) -> object:
            return service_of(request, service)

        _providers[service] = provide
        _provided[provide] = service
    return _providers[service]
