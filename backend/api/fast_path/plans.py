"""What is called for a request: a plan, which `planning` makes once for each route."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from fastapi import Request, Response
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from backend.api.bodies import CheckedRequest
from backend.api.fast_path.answers import Write
from backend.api.routes import CheckedRoute

JSON = "application/json"
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
_NO_CONTENT = 204

Read = Callable[[Request], Any]


class NotPlainError(Exception):
    """The request may be invalid: FastAPI must handle it."""


class _Notes(Response):
    """The response to which functions add headers and a status."""

    def __init__(self) -> None:
        self.raw_headers = []
        self.status_code = None  # type: ignore[assignment]  # as FastAPI has it


@dataclass(slots=True, frozen=True)
class Call:
    """A function, and the source of each of its arguments."""

    function: Callable[..., Any]
    services: Mapping[str, object]
    """The same for each request."""
    results: Sequence[tuple[str, int]]
    """The results of earlier calls, by index."""
    parameters: Sequence[tuple[str, Read]]
    request: str | None
    response: str | None


@dataclass(slots=True, frozen=True)
class Plan:
    """The calls of a route, ordered so that each finds its arguments. The last is the endpoint."""

    route: CheckedRoute
    calls: Sequence[Call]
    body: "Body | None"
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
            if self.body.has_files:
                await request.close()

    async def _answer(self, request: CheckedRequest, body: Any) -> Response:
        result, notes = await self._result(request, body)
        if isinstance(result, Response):
            response = result
        else:
            status = notes.status_code or self.status
            content = b"" if status == _NO_CONTENT else self.write(result)
            response = Response(content, status, media_type=JSON)
            response.raw_headers.extend(notes.raw_headers)
        await self.route.finish(request, response)
        return response

    async def _result(self, request: CheckedRequest, body: Any) -> tuple[Any, _Notes]:
        """Return what the endpoint returns, and the response that functions added headers to."""
        notes, results = _Notes(), list[Any]()
        # All in one loop, without a function for each step: it runs for every call.
        for call in self.calls:
            arguments = {**call.services, **{name: results[place] for name, place in call.results}}
            for name, read in call.parameters:
                arguments[name] = read(request)
            if call.request is not None:
                arguments[call.request] = request
            if call.response is not None:
                arguments[call.response] = notes
            if self.body is not None and call is self.calls[-1]:
                try:
                    valid = self.body.adapter.validate_python(body, from_attributes=True)
                except ValidationError:
                    raise NotPlainError from None
                arguments[self.body.name] = valid
            results.append(await call.function(**arguments))
        return results[-1], notes


class Body(Protocol):
    """How the body of a route is read."""

    has_files: ClassVar[bool]
    """Whether the request must be closed afterwards."""

    @property
    def name(self) -> str:
        """Return the name of the argument."""
        ...

    @property
    def adapter(self) -> TypeAdapter[Any]:
        """Return what validates the body."""
        ...

    async def read(self, request: CheckedRequest) -> Any:
        """Raises NotPlainError."""
        ...


@dataclass(slots=True, frozen=True)
class JsonBody:
    has_files: ClassVar[bool] = False

    name: str
    adapter: TypeAdapter[Any]

    async def read(self, request: CheckedRequest) -> Any:
        if request.headers.get("content-type") != JSON:
            raise NotPlainError
        try:
            await request.body()
            return await request.json()
        except (ValueError, RecursionError, ClientDisconnect, HTTPException):
            raise NotPlainError from None


@dataclass(slots=True, frozen=True)
class FormBody:
    """A form as one model."""

    has_files: ClassVar[bool] = True

    name: str
    adapter: TypeAdapter[Any]

    async def read(self, request: CheckedRequest) -> Any:
        if request.headers.get("content-type", "").partition(";")[0] not in FORMS:
            raise NotPlainError
        try:
            # First as a whole, as FastAPI may read it again. It is short.
            await request.body()
            fields = await request.form()
        except (ClientDisconnect, HTTPException):
            raise NotPlainError from None
        # FastAPI takes an empty field for none.
        if not all(value for value in fields.values()):
            raise NotPlainError
        return dict(fields)


@dataclass(slots=True)
class Parameter:
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


def received_by(lists: Mapping[str, bool], request: Request) -> dict[str, Any]:
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


def validated(adapter: TypeAdapter[Any], value: Any) -> Any:
    """Raises NotPlainError if the value is not valid."""
    try:
        return adapter.validate_python(value, from_attributes=True)
    except ValidationError:
        raise NotPlainError from None
