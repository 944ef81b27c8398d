"""The route of every resource: authentication before the body is read, and refused duplicates."""

from collections.abc import Callable, Coroutine, Iterator
from functools import cached_property
from typing import Any, Union, get_args, get_origin

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, APIRouter
from pydantic import BaseModel

from backend.api.bodies import CheckedRequest, repeated
from backend.api.deps import identify, known_caller

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class CheckedRoute(APIRoute):
    """Authenticates before it reads a body, and refuses duplicate parameters.

    FastAPI reads first: anyone could fill the disk and have long bodies parsed.
    """

    async def prepare(self, request: Request) -> None:
        """Check the request before anything else.

        Raises:
            RequestValidationError: a query parameter is given twice.
            AuthenticationError: the route takes bodies from signed-in callers only.
        """
        if request.scope["query_string"]:
            _refuse_repeated(request, self._lists)
        if self._is_guarded:
            await identify(request)

    async def finish(self, request: Request, response: Response) -> None:
        """Complete the response before it is sent."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def prepare_and_handle(request: Request) -> Response:
            await self.prepare(request)
            if self.body_field is not None:
                request = CheckedRequest(request.scope, request.receive)
            response = await handle(request)
            await self.finish(request, response)
            return response

        return prepare_and_handle

    @cached_property
    def _lists(self) -> frozenset[str]:
        return frozenset(_lists(self.dependant))

    @cached_property
    def _is_guarded(self) -> bool:
        return self.body_field is not None and known_caller in calls_of(self.dependant)


class ResourceRouter(APIRouter):
    """Keeps the routes that a module declares until they are added to an app.

    A router that is included has each route analysed where it is declared, where a router includes
    it and where the app does, and all three stay in memory.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._declared: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Declare a route: the decorators call this."""
        self._declared.append((path, endpoint, options))

    def add_to(self, router: APIRouter, prefix: str, max_body_size: int) -> None:
        """Add the declared routes to the router of an app."""
        for path, endpoint, options in self._declared:
            own = {
                "tags": [*self.tags, *(options["tags"] or ())],
                "dependencies": [*self.dependencies, *(options["dependencies"] or ())],
                "route_class_override": self.route_class,
                "max_body_size": max_body_size,
            }
            router.add_api_route(prefix + self.prefix + path, endpoint, **options | own)


def calls_of(dependant: Dependant) -> Iterator[Any]:
    """Yield all dependencies of a route, direct or indirect."""
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from calls_of(dependency)


def _refuse_repeated(request: Request, lists: frozenset[str]) -> None:
    names = (name for name, _ in request.query_params.multi_items())
    if errors := list(repeated("query", names, but=lists)):
        raise RequestValidationError(errors)


def _lists(dependant: Dependant) -> Iterator[str]:
    """Return the query parameters that may be repeated."""
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, inner in annotation.model_fields.items():
                if _is_list(inner.annotation):
                    yield inner.alias or name
        elif _is_list(annotation):
            yield field.alias
    for dependency in dependant.dependencies:
        yield from _lists(dependency)


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) in {Union, type(int | None)}:
        return any(_is_list(each) for each in get_args(annotation))
    return get_origin(annotation) is list
