"""Makes the plan of a route, once, from FastAPI's own description of it."""

from collections.abc import Sequence
from inspect import iscoroutinefunction, isroutine
from typing import Any, get_origin

from fastapi import params
from fastapi._compat import ModelField
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.params import ParamTypes
from fastapi.routing import RouteContext
from pydantic import BaseModel

from backend.api.fast_path.answers import adapter_of, writer_of
from backend.api.fast_path.plans import (
    Body,
    Call,
    FormBody,
    JsonBody,
    Parameter,
    Plan,
    Read,
    received_by,
    validated,
)
from backend.api.injection import provided_class
from backend.api.routes import CheckedRoute
from backend.services.container import Services

_IMMUTABLE = (str, int, float, bool, type(None))


class UnknownFeatureError(Exception):
    """The route uses a feature of FastAPI that is not supported here."""


def plan_of(context: RouteContext, services: Services | None) -> Plan | None:
    """Return the plan of a route; None if it uses a feature that is not supported here.

    Without services, they are asked for at each request.
    """
    try:
        return _planned(context, services)
    # An attribute is missing if another version of FastAPI works differently.
    except (UnknownFeatureError, AttributeError):
        return None


def _planned(context: RouteContext, services: Services | None) -> Plan:
    route = context.original_route
    if not isinstance(route, CheckedRoute) or _shapes_its_answer(context):
        raise UnknownFeatureError
    calls = _Calls(services)
    calls.add(context.dependant)
    return Plan(
        route,
        calls.found,
        _body_of(context.dependant),
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


class _Calls:
    """The calls of a route, each after those whose results it needs."""

    def __init__(self, services: Services | None) -> None:
        self.found: list[Call] = []
        self._services = services
        self._places: dict[Any, int] = {}

    def add(self, dependant: Dependant) -> int:
        """Add the calls of a dependency, its own last, and return the index of that."""
        function = dependant.call
        if function in self._places:
            return self._places[function]
        is_endpoint = not self._places and not self.found
        if function is None or not _is_plain(dependant, is_endpoint=is_endpoint):
            raise UnknownFeatureError
        services, results = self._needed(dependant.dependencies)
        fields = (*dependant.path_params, *dependant.query_params, *dependant.header_params)
        self.found.append(
            Call(
                function,
                services,
                results,
                [(field.name, _reader_of(field)) for field in fields],
                dependant.request_param_name or dependant.http_connection_param_name,
                dependant.response_param_name,
            )
        )
        self._places[function] = len(self.found) - 1
        return self._places[function]

    def _needed(
        self, dependencies: Sequence[Dependant]
    ) -> tuple[dict[str, object], list[tuple[str, int]]]:
        """Return the services, and the indexes of the results, by the names of arguments."""
        services: dict[str, object] = {}
        results: list[tuple[str, int]] = []
        for each in dependencies:
            service = provided_class(each.call)
            if self._services is not None and service is not None and each.name is not None:
                services[each.name] = self._services.of(service)
                continue
            place = self.add(each)
            if each.name is not None:
                results.append((each.name, place))
        return services, results


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


def _reader_of(field: ModelField) -> Read:
    """Raises UnknownFeatureError."""
    info: Any = field.field_info
    annotation = info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _query_model(field, annotation)
    if _is_list(annotation) or info.validate_default or not isinstance(info.alias, str | None):
        raise UnknownFeatureError
    default = ... if info.is_required() else field.default
    if default is not ... and not isinstance(default, _IMMUTABLE):
        raise UnknownFeatureError
    name = field.validation_alias or field.alias
    return Parameter(info.in_.value, name, default, adapter_of(field)).read


def _query_model(field: ModelField, model: type[BaseModel]) -> Read:
    """The whole query as one model with a field for each name."""
    fields = model.model_fields
    is_renamed = any(each.alias or each.validation_alias for each in fields.values())
    info: Any = field.field_info
    if info.in_ is not ParamTypes.query or is_renamed:
        raise UnknownFeatureError
    lists = {name: _is_list(each.annotation) for name, each in fields.items()}
    adapter = adapter_of(field)
    return lambda request: validated(adapter, received_by(lists, request))


def _body_of(dependant: Dependant) -> Body | None:
    """Return the body of a route; None if it has none. Raises UnknownFeatureError."""
    if not dependant.body_params:
        return None
    [field] = dependant.body_params
    info: Any = field.field_info
    if not isinstance(info, params.Body) or not info.is_required():
        raise UnknownFeatureError
    if not isinstance(info, params.Form):
        return JsonBody(field.name, adapter_of(field))
    if not _is_plain_form(field):
        raise UnknownFeatureError
    return FormBody(field.name, adapter_of(field))


def _is_plain_form(field: ModelField) -> bool:
    model = field.field_info.annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return False
    return not any(
        each.alias or each.validation_alias or _is_list(each.annotation)
        for each in model.model_fields.values()
    )


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) in {list, set, tuple, frozenset}
