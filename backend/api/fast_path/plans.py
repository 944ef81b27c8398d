"""The calls that serve a route, derived once from FastAPI's own description of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction, isroutine
from typing import Any

from fastapi import Request, Response
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext

from backend.api.bodies import CheckedRequest
from backend.api.fast_path.answers import Write, writer_of
from backend.api.fast_path.parameters import (
    Read,
    UnknownFeatureError,
    reader_of,
)
from backend.api.fast_path.received import JSON, Body, body_of
from backend.api.routes import CheckedRoute

_NO_CONTENT = 204


class _Notes(Response):
    """The response to which functions add headers and a status."""

    def __init__(self) -> None:
        self.raw_headers = []
        self.status_code = None  # type: ignore[assignment]  # as FastAPI has it


@dataclass(slots=True, frozen=True)
class _Call:
    """A function, and the source of each of its arguments."""

    function: Callable[..., Any]
    results: Sequence[tuple[str, int]]
    """The results of earlier calls, by index."""
    parameters: Sequence[tuple[str, Read]]
    request: str | None
    response: str | None

    def arguments(self, request: Request, notes: _Notes, results: list[Any]) -> dict[str, Any]:
        """Raises NotPlainError."""
        arguments = {name: results[place] for name, place in self.results}
        for name, read in self.parameters:
            arguments[name] = read(request)
        if self.request is not None:
            arguments[self.request] = request
        if self.response is not None:
            arguments[self.response] = notes
        return arguments


@dataclass(slots=True, frozen=True)
class Plan:
    """The calls of a route, ordered so that each finds its arguments."""

    route: CheckedRoute
    dependencies: Sequence[_Call]
    endpoint: _Call
    body: Body | None
    status: int
    write: Write

    async def answer(self, request: CheckedRequest) -> Response:
        """Raises NotPlainError before the endpoint is called, and what a function raises."""
        await self.route.prepare(request)
        if self.body is None:
            return await self._answer(request, None)
        try:
            return await self._answer(request, await self.body.read(request))
        finally:
            await request.close()

    async def _answer(self, request: CheckedRequest, body: Any) -> Response:
        notes, results = _Notes(), list[Any]()
        for call in self.dependencies:
            results.append(await call.function(**call.arguments(request, notes, results)))
        arguments = self.endpoint.arguments(request, notes, results)
        if self.body is not None:
            arguments[self.body.name] = self.body.validated(body)
        response = self._response(await self.endpoint.function(**arguments), notes)
        await self.route.finish(request, response)
        return response

    def _response(self, result: Any, notes: _Notes) -> Response:
        if isinstance(result, Response):
            return result
        status = notes.status_code or self.status
        content = b"" if status == _NO_CONTENT else self.write(result)
        response = Response(content, status, media_type=JSON)
        response.raw_headers.extend(notes.raw_headers)
        return response


def plan_of(context: RouteContext) -> Plan | None:
    """Return the plan of a route; None if it uses a feature that is not supported here."""
    try:
        return _planned(context)
    # An attribute is missing if another version of FastAPI works differently.
    except (UnknownFeatureError, AttributeError):
        return None


def _planned(context: RouteContext) -> Plan:
    route = context.original_route
    if not isinstance(route, CheckedRoute) or _shapes_its_answer(context):
        raise UnknownFeatureError
    calls: list[_Call] = []
    _add(context.dependant, calls, {})
    *dependencies, endpoint = calls
    return Plan(
        route,
        dependencies,
        endpoint,
        body_of(context.dependant),
        context.status_code or 200,
        writer_of(context.response_field),
    )


def _shapes_its_answer(context: RouteContext) -> bool:
    return any(
        (
            context.response_model_include,
            context.response_model_exclude,
            context.response_model_exclude_unset,
            context.response_model_exclude_defaults,
            context.response_model_exclude_none,
            not context.response_model_by_alias,
            not isinstance(context.response_class, DefaultPlaceholder),
            context.is_sse_stream,
            context.is_json_stream,
            context._embed_body_fields,  # noqa: SLF001  # decides how a body is read
        )
    )


def _add(dependant: Dependant, calls: list[_Call], places: dict[Any, int]) -> int:
    """Add the calls of a dependency, its own last, and return the index of that."""
    function = dependant.call
    if function in places:
        return places[function]
    if function is None or not _is_plain(dependant, is_endpoint=not places and not calls):
        raise UnknownFeatureError
    needed = [(each.name, _add(each, calls, places)) for each in dependant.dependencies]
    fields = (*dependant.path_params, *dependant.query_params, *dependant.header_params)
    calls.append(
        _Call(
            function,
            [(name, place) for name, place in needed if name is not None],
            [(field.name, reader_of(field)) for field in fields],
            dependant.request_param_name or dependant.http_connection_param_name,
            dependant.response_param_name,
        )
    )
    places[function] = len(calls) - 1
    return places[function]


def _is_plain(dependant: Dependant, *, is_endpoint: bool) -> bool:
    call = dependant.call
    function = call if isroutine(call) else type(call).__call__
    beyond = (
        dependant.cookie_params,
        dependant.websocket_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
        dependant.own_oauth_scopes,
        dependant.parent_oauth_scopes,
        dependant.concurrency,
        not dependant.use_cache,
        len(dependant.body_params) > (1 if is_endpoint else 0),
    )
    return iscoroutinefunction(function) and not any(beyond)
