"""Values of path, query and headers, as FastAPI would pass them to a function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_origin

from fastapi import Request
from fastapi._compat import ModelField
from fastapi.params import ParamTypes
from pydantic import BaseModel, TypeAdapter, ValidationError

Read = Callable[[Request], Any]
_IMMUTABLE = (str, int, float, bool, type(None))


class NotPlainError(Exception):
    """The request may be invalid: FastAPI must handle it."""


class UnknownFeatureError(Exception):
    """The route uses a feature of FastAPI that is not supported here."""


def validated(adapter: TypeAdapter[Any], value: Any) -> Any:
    """Raises NotPlainError if the value is not valid."""
    try:
        return adapter.validate_python(value, from_attributes=True)
    except ValidationError:
        raise NotPlainError from None


def adapter_of(field: ModelField) -> TypeAdapter[Any]:
    """Return the field by which FastAPI itself validates."""
    return field._type_adapter  # noqa: SLF001  # `validate` would describe errors for nobody


def reader_of(field: ModelField) -> Read:
    """Raises UnknownFeatureError."""
    info: Any = field.field_info
    annotation = info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _query_model(field, annotation)
    if is_list(annotation) or info.validate_default or not isinstance(info.alias, str | None):
        raise UnknownFeatureError
    default = ... if info.is_required() else field.default
    if default is not ... and not isinstance(default, _IMMUTABLE):
        raise UnknownFeatureError
    name = field.validation_alias or field.alias
    return _Parameter(info.in_.value, name, default, adapter_of(field)).read


@dataclass(slots=True)
class _Parameter:
    place: Literal["path", "query", "header", "cookie"]
    name: str
    default: Any
    adapter: TypeAdapter[Any]

    def read(self, request: Request) -> Any:
        value = self._received(request)
        if value is not None:
            return validated(self.adapter, value)
        if self.default is ...:
            raise NotPlainError
        return self.default

    def _received(self, request: Request) -> str | None:
        if self.place == "path":
            return request.path_params.get(self.name)
        if self.place == "header":
            return request.headers.get(self.name)
        return request.query_params.get(self.name) if request.scope["query_string"] else None


def _query_model(field: ModelField, model: type[BaseModel]) -> Read:
    """The whole query as one model with a field for each name."""
    fields = model.model_fields
    is_renamed = any(each.alias or each.validation_alias for each in fields.values())
    info: Any = field.field_info
    if info.in_ is not ParamTypes.query or is_renamed:
        raise UnknownFeatureError
    lists = {name: is_list(each.annotation) for name, each in fields.items()}
    adapter = adapter_of(field)
    return lambda request: validated(adapter, _received_by(lists, request))


def _received_by(lists: Mapping[str, bool], request: Request) -> dict[str, Any]:
    """Raises NotPlainError for an unknown name."""
    received: dict[str, Any] = {}
    if request.scope["query_string"]:
        for name, value in request.query_params.multi_items():
            if name not in lists:
                raise NotPlainError
            if lists[name]:
                received.setdefault(name, []).append(value)
            else:
                received[name] = value
    return received


def is_list(annotation: Any) -> bool:
    return get_origin(annotation) in {list, set, tuple, frozenset}
