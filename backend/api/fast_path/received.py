"""Reads and validates the bodies of requests as FastAPI does."""

from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import params
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from backend.api.bodies import CheckedRequest
from backend.api.fast_path.parameters import (
    NotPlainError,
    UnknownFeatureError,
    adapter_of,
    is_list,
    validated,
)

JSON = "application/json"
_FORM = "multipart/form-data"


class Body(Protocol):
    """How the body of a route is read and validated."""

    @property
    def name(self) -> str:
        """Return the name of the argument."""
        ...

    async def read(self, request: CheckedRequest) -> Any:
        """Raises NotPlainError."""
        ...

    def validated(self, received: Any) -> Any:
        """Raises NotPlainError."""
        ...


@dataclass(slots=True, frozen=True)
class _JsonBody:
    name: str
    adapter: TypeAdapter[Any]

    async def read(self, request: CheckedRequest) -> Any:
        if request.headers.get("content-type") != JSON:
            raise NotPlainError
        try:
            return await request.json()
        except (ValueError, RecursionError, ClientDisconnect, HTTPException):
            raise NotPlainError from None

    def validated(self, received: Any) -> Any:
        return validated(self.adapter, received)


@dataclass(slots=True, frozen=True)
class _FormBody:
    """A form as one model. The caller closes the request afterwards."""

    name: str
    adapter: TypeAdapter[Any]

    async def read(self, request: CheckedRequest) -> Any:
        if not request.headers.get("content-type", "").startswith(f"{_FORM};"):
            raise NotPlainError
        try:
            fields = await request.form()
        except (ClientDisconnect, HTTPException):
            raise NotPlainError from None
        # FastAPI takes an empty field for none.
        if not all(value for value in fields.values()):
            raise NotPlainError
        return dict(fields)

    def validated(self, received: Any) -> Any:
        return validated(self.adapter, received)


def body_of(dependant: Dependant) -> Body | None:
    """Return the body of a route; None if it has none. Raises UnknownFeatureError."""
    if not dependant.body_params:
        return None
    [field] = dependant.body_params
    info: Any = field.field_info
    if not isinstance(info, params.Body) or not info.is_required():
        raise UnknownFeatureError
    if not isinstance(info, params.Form):
        return _JsonBody(field.name, adapter_of(field))
    if info.media_type != _FORM or not _is_plain_form(field):
        raise UnknownFeatureError
    return _FormBody(field.name, adapter_of(field))


def _is_plain_form(field: ModelField) -> bool:
    model = field.field_info.annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return False
    return not any(
        each.alias or each.validation_alias or is_list(each.annotation)
        for each in model.model_fields.values()
    )
