"""Sends one delivery, and says what becomes of it."""

from collections.abc import Sequence
from http import HTTPStatus
from time import perf_counter
from typing import NamedTuple

from backend.core.sealing import SealBrokenError, Sealer
from backend.core.webhook_signatures import signed_headers
from backend.models.platform.fields import as_requested
from backend.models.platform.mixins import now
from backend.models.webhooks.deliveries import Attempt, DeliveryStatus
from backend.models.webhooks.webhooks import Webhook
from backend.repositories.webhooks.deliveries import Due
from backend.services.webhooks.pauses import pause_after
from backend.services.webhooks.protocols import Answer, NotReachedError, Poster
from backend.services.webhooks.webhooks import UNREADABLE

GONE = HTTPStatus.GONE


class _Taken(NamedTuple):
    answer: Answer | None
    error: str | None


class Deliverer:
    def __init__(self, poster: Poster, sealer: Sealer) -> None:
        self._poster = poster
        self._sealer = sealer

    async def deliver(self, webhook: Webhook, due: Due) -> Attempt:
        """Send it once. Whatever comes of it is in what is returned."""
        began = perf_counter()
        taken = await self._send(webhook, due)
        milliseconds = round((perf_counter() - began) * 1000)
        delivery, answer = due.delivery, taken.answer
        attempts = delivery.attempts + 1
        pause = pause_after(attempts)
        status = DeliveryStatus.DELIVERED
        if taken.error is not None:
            is_over = now() + pause > delivery.retry_until
            status = DeliveryStatus.FAILED if is_over else DeliveryStatus.PENDING
        return Attempt(
            delivery_id=delivery.id,
            status=status,
            attempts=attempts,
            duration_ms=milliseconds,
            response_status=answer.status if answer else None,
            response_beginning=answer.beginning if answer else None,
            error=taken.error,
            pause=pause,
        )

    async def _send(self, webhook: Webhook, due: Due) -> _Taken:
        try:
            headers = self._signed(webhook, due)
            answer = await self._poster.post(as_requested(webhook.url), headers, due.body)
        except SealBrokenError:
            return _Taken(None, UNREADABLE)
        except NotReachedError as error:
            return _Taken(None, str(error))
        return _Taken(answer, _fault(answer.status))

    def _signed(self, webhook: Webhook, due: Due) -> dict[str, str]:
        secrets = [self._sealer.open(each, webhook.id) for each in webhook.signing]
        message_id = str(due.delivery.message_id)
        return signed_headers(message_id, now(), due.body, secrets)


def _fault(status: int) -> str | None:
    """Say what is wrong with an answer, or return None."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"It answered {status}: redirects are not followed."
    return f"It answered {status}."


def is_gone(attempts: Sequence[Attempt]) -> bool:
    """Whether the receiver has said that it is gone for good."""
    return any(each.response_status == GONE for each in attempts)


def was_delivered(attempts: Sequence[Attempt]) -> bool:
    """Whether the receiver has taken any of them."""
    return any(each.status is DeliveryStatus.DELIVERED for each in attempts)
