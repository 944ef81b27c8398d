"""Takes what other programs tell: checked, kept once, and handled in a job.

Another source is a secret in `IncomingSettings`, and a handler in `HANDLERS`.
"""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from pydantic import ValidationError

from backend.core.errors import (
    AuthenticationError,
    InvalidInputError,
    NotFoundError,
    fault_in_words,
)
from backend.core.scopes import FIRST, Scope, Within
from backend.core.webhook_signatures import BadSignatureError, check_signature
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.webhooks.incoming import IncomingBody, IncomingMessage
from backend.repositories.webhooks.unit import WebhooksUnit, WebhooksUnits
from backend.services.webhooks.incoming_tasks import add_requested_task

HANDLE_INCOMING = "handle_incoming"
_MAX_ID = 200

IncomingHandler = Callable[[WebhooksUnit, IncomingMessage], Awaitable[None]]
"""Does what a message says, in the unit that settles it. Raises ValidationError for bad data."""

HANDLERS: Mapping[str, IncomingHandler] = {"tasks": add_requested_task}
"""By source."""


class IncomingService:
    def __init__(
        self, uow: WebhooksUnits, secrets: Mapping[str, str], receiving: Within = FIRST
    ) -> None:
        """
        Args:
            secrets: those that senders sign with, by source.
            receiving: the organisation whose messages they are.
        """
        self._uow = uow
        self._secrets = secrets
        self._receiving = receiving

    async def receive(self, source: str, headers: Mapping[str, str], body: bytes) -> UUID:
        """Keep a message, and have it handled. Returns its id, the same each time it is sent.

        Raises:
            NotFoundError: nothing is taken from this source, or its organisation is gone.
            AuthenticationError: it is not signed with the secret of the source, or too long ago.
            InvalidInputError: the body is not a message.
        """
        if source not in self._secrets:
            raise NotFoundError(f"There is no source {source}, or its secret is not set.")
        try:
            check_signature(self._secrets[source], headers, body)
        except BadSignatureError as error:
            raise AuthenticationError(f"The signature is not valid: {error}.") from error
        message = _message(source, headers["webhook-id"], body)
        async with self._uow(self._receiving) as uow:
            await _require_there(uow, self._receiving)
            message_id, is_new = await uow.incoming.keep(message)
            if is_new:
                args = {"message_id": str(message_id)}
                job = JobRequest(HANDLE_INCOMING, Queue.EVENTS, args)
                await uow.defer(job.within(self._receiving))
            await uow.commit()
        return message_id

    async def handle(self, message_id: UUID, scope: Scope) -> None:
        """Do what a message says, once. Raises NotFoundError."""
        async with self._uow(scope) as uow:
            message = await uow.incoming.get(message_id, for_update=True)
            if message.handled_at is not None:
                return
            try:
                await HANDLERS[message.source](uow, message)
            except ValidationError as error:
                # Sent again, it would be the same.
                message.settle(error=str(error))
            else:
                message.settle()
            await uow.incoming.save(message)
            await uow.commit()


async def _require_there(uow: WebhooksUnit, receiving: Within) -> None:
    """Raises NotFoundError if the organisation was deleted. The first one stays."""
    if receiving == FIRST:
        return
    organisation = await uow.organisations.find(receiving.organisation_id)
    if organisation is None or organisation.deleted_at is not None:
        raise NotFoundError("There is no organisation any more that takes it.")


def _message(source: str, message_id: str, body: bytes) -> IncomingMessage:
    if len(message_id) > _MAX_ID:
        raise InvalidInputError("webhook-id", f"Must have at most {_MAX_ID} characters.")
    try:
        told = IncomingBody.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "body"
        raise InvalidInputError(place, f"{fault_in_words(first)}.") from error
    return IncomingMessage(source=source, message_id=message_id, type=told.type, data=told.data)
