"""Idempotency-Key: a repeated request gets the first response again."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints
from sqlalchemy.exc import SQLAlchemyError

from backend.api.deps import KnownCallerDep
from backend.api.injection import service_of
from backend.api.routes import CheckedRoute
from backend.core.logging import get_logger
from backend.core.permissions import Principal
from backend.core.security import fingerprint
from backend.models.platform.characters import Form
from backend.models.platform.idempotency import Answer, IdempotencyKey
from backend.models.platform.mixins import now
from backend.services.platform.idempotency import IdempotencyService

REPLAYED_HEADER = "Idempotency-Replayed"
_KEPT_HEADERS = ("content-type", "etag", "location")
_log = get_logger(__name__)

_KeyText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255),
    Form(
        r"^[\x21-\x7e]+$",
        "have letters, digits and punctuation of ASCII only, and no spaces",
        "\x21-\x7e",
    ),
]
_Key = Annotated[
    _KeyText | None,
    Header(
        alias="Idempotency-Key",
        description=(
            "A text of your choice, such as a UUID, new for each thing to create: if you send "
            "the same request again with the same key, you get the first response again."
        ),
    ),
]


async def _idempotency_key(
    request: Request, caller: KnownCallerDep, key: _Key = None
) -> IdempotencyKey | None:
    return _noted(request, caller, key, await request.body()) if key else None


async def _upload_key(
    request: Request, caller: KnownCallerDep, key: _Key = None
) -> IdempotencyKey | None:
    """The fingerprint without the body, which has been read: the service adds its content."""
    return _noted(request, caller, key, b"") if key else None


def _noted(request: Request, caller: Principal, key: str, body: bytes) -> IdempotencyKey:
    """Return the key, and keep it for the route, which stores the response."""
    settings = request.app.state.settings
    noted = IdempotencyKey(
        caller.user_id,
        key,
        fingerprint(settings.security, request.method, request.scope["path"], body),
        valid_since=now() - timedelta(hours=settings.server.idempotency_key_hours),
    )
    request.state.idempotency_key = noted, caller
    return noted


IdempotencyKeyDep = Annotated[IdempotencyKey | None, Depends(_idempotency_key)]
UploadKeyDep = Annotated[IdempotencyKey | None, Depends(_upload_key)]


class IdempotentRoute(CheckedRoute):
    """Stores the responses of successful requests that have an Idempotency-Key."""

    async def finish(self, request: Request, response: Response) -> None:
        noted: tuple[IdempotencyKey, Principal] | None = getattr(
            request.state, "idempotency_key", None
        )
        # Streams are not stored; a replay rebuilds them from the row.
        if noted is None or isinstance(response, KeptAnswer | StreamingResponse):
            return
        if response.status_code < 300:  # noqa: PLR2004  # a success
            await _keep(request, *noted, response)


async def _keep(request: Request, key: IdempotencyKey, by: Principal, response: Response) -> None:
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    answer = Answer(response.status_code, kept, bytes(response.body))
    try:
        await service_of(request, IdempotencyService).keep_answer(key, answer, by)
    except SQLAlchemyError as error:
        # The change is committed: the caller gets the response, and a replay reads the row again.
        _log.warning("answer_not_kept", error=str(error.__cause__ or error).strip())


class KeptAnswer(Response):
    """The stored response to the same request, with a header that says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, answer.status, headers=answer.headers)
        mark_replayed(self)


def mark_replayed(response: Response) -> None:
    response.headers[REPLAYED_HEADER] = "true"
