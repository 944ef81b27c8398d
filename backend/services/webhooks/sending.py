"""Sends what is due, to many webhooks at once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from backend.core.config import WebhookSettings
from backend.core.logging import get_logger
from backend.core.scopes import SYSTEM
from backend.models.platform.domain_events import WebhookSwitchedOff, changes_between
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.mixins import now
from backend.models.webhooks.deliveries import Attempt, WebhookQueue
from backend.models.webhooks.webhooks import Webhook
from backend.repositories.webhooks.deliveries import Batch
from backend.repositories.webhooks.unit import WebhooksUnit, WebhooksUnits
from backend.services.platform.completion import completed
from backend.services.platform.shared_reads import SharedReads
from backend.services.webhooks.claiming import WebhookClaims
from backend.services.webhooks.delivering import Deliverer, is_gone, was_delivered
from backend.services.webhooks.pauses import pause_after
from backend.services.webhooks.webhooks import SWITCHED_OFF

SEND_WEBHOOKS = "send_webhooks"

_WEBHOOKS_AT_ONCE = 100
_OF_EACH_AT_ONCE = 8
_BATCH_SECONDS = 20.0
"""After that no more of a batch is begun."""
_NOTING_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.02

_log = get_logger(__name__)


class _Taken(NamedTuple):
    """How one webhook has taken what it was sent."""

    webhook_id: UUID
    attempts: list[Attempt]

    @property
    def has_failures(self) -> bool:
        return any(each.error is not None for each in self.attempts)


_Working = dict[asyncio.Task[None], _Taken]


class WebhookSender:
    """One process at a time sends to a webhook, so that one that hangs delays no other.

    It is sent to at least once: a process may be killed between sending and writing it down.
    """

    def __init__(self, uow: WebhooksUnits, settings: WebhookSettings, deliverer: Deliverer) -> None:
        self._uow = uow
        self._deliverer = deliverer
        self._max_pending = settings.max_pending
        self._patience = timedelta(hours=settings.retry_hours)
        seconds = _BATCH_SECONDS + settings.timeout_seconds + _NOTING_SECONDS
        self._wakes = SharedReads[None]()
        self._claims = WebhookClaims(uow, timedelta(seconds=seconds))

    async def wake(self) -> None:
        """Have what is due sent by a job, unless one is waiting that will."""
        # Those who ask before it begins have committed what it is for.
        await self._wakes.read("wake", partial(self._defer, None))

    async def wake_later(self) -> None:
        """Have what is pending sent by a job as soon as it is due."""
        async with self._uow.reading(SYSTEM) as uow:
            next_due = await uow.webhook_queues.next_due()
        if next_due is not None:
            await self._defer(next_due)

    async def send_due(self) -> None:
        """Send until nothing is due that nobody else is sending.

        If it is cancelled, as by a stop, what was sent is written down, and others send the rest.

        Raises ExceptionGroup: what nobody has foreseen about some, once it is sent to all others.
        """
        working: _Working = {}
        failed: list[BaseException] = []
        try:
            while True:
                look_again = await completed(self._begin_more(working))
                if not working:
                    break
                done = await _some_done(working, look_again=look_again)
                failed += filter(None, (each.exception() for each in done))
                taken = [(working.pop(each), each.exception()) for each in done]
                await completed(self._note([each for each, error in taken if not error]))
        finally:
            await completed(self._break_off(working))
        await self.wake_later()
        if failed:
            raise BaseExceptionGroup("webhooks that could not be sent to", failed)

    async def _begin_more(self, working: _Working) -> bool:
        """Whether there was something to claim."""
        batches = await self._claims.take(_WEBHOOKS_AT_ONCE - len(working))
        for each in batches:
            taken = _Taken(each.webhook.id, [])
            working[asyncio.create_task(self._work_off(each, taken.attempts))] = taken
        return bool(batches)

    async def _break_off(self, working: _Working) -> None:
        for each in working:
            each.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await self._note([each for each in working.values() if each.attempts])
        await self._claims.give_back(
            [each.webhook_id for each in working.values() if not each.attempts]
        )

    async def _work_off(self, batch: Batch, attempts: list[Attempt]) -> None:
        """Send to one webhook until it is all sent, takes too long, or nothing gets through.

        Adds the attempts to the list.
        """
        left, until = iter(batch.due), monotonic() + _BATCH_SECONDS

        async def send_one_by_one() -> None:
            while monotonic() < until and (each := next(left, None)):
                attempts.append(await self._deliverer.deliver(batch.webhook, each))
                if not was_delivered(attempts):
                    break

        async with asyncio.TaskGroup() as several:
            # Where all has failed before, the first shows whether it still does.
            for _ in range(1 if batch.failures else _OF_EACH_AT_ONCE):
                several.create_task(send_one_by_one())

    async def _note(self, taken: Sequence[_Taken]) -> None:
        """Write down what has come of batches: of those without a failure all at once."""
        well = [each for each in taken if not each.has_failures]
        if well:
            await self._note_well(well)
        for each in taken:
            if each.has_failures:
                await self._note_failing(each.webhook_id, each.attempts)

    async def _note_well(self, taken: Sequence[_Taken]) -> None:
        ids = [each.webhook_id for each in taken]
        async with self._uow(SYSTEM) as uow:
            await uow.webhook_queues.lock(ids)
            await uow.webhook_deliveries.record(list(chain(*(each.attempts for each in taken))))
            await uow.webhook_queues.release(ids)
            await uow.commit()

    async def _note_failing(self, webhook_id: UUID, attempts: Sequence[Attempt]) -> None:
        async with self._uow(SYSTEM) as uow:
            # Before the queue, as whoever changes the webhook locks them.
            found = await uow.webhooks.find_many([webhook_id], for_update=True)
            if not found:
                return
            webhook = found[0]
            await uow.go_on_for(Webhook, webhook_id)
            [queue] = await uow.webhook_queues.lock([webhook_id])
            await uow.webhook_deliveries.record(attempts)
            if was_delivered(attempts):
                await uow.webhook_queues.release([webhook_id])
            else:
                await self._pause(uow, webhook, queue, attempts)
            if not webhook.is_active:
                await uow.webhook_deliveries.give_up(webhook_id, SWITCHED_OFF)
            await uow.commit()

    async def _pause(
        self,
        uow: WebhooksUnit,
        webhook: Webhook,
        queue: WebhookQueue,
        attempts: Sequence[Attempt],
    ) -> None:
        pause = pause_after(queue.failures + 1)
        await uow.webhook_queues.pause(queue.webhook_id, pause)
        if not webhook.is_active:
            return
        reason = await self._reason_to_end(uow, queue, attempts, now() + pause)
        if reason is not None:
            before = webhook.facts()
            webhook.switch_off(reason)
            await uow.webhooks.save(webhook)
            uow.record(_switched_off(webhook, before))
            _log.warning("webhook_switched_off", webhook_id=str(webhook.id), reason=reason)

    async def _reason_to_end(
        self,
        uow: WebhooksUnit,
        queue: WebhookQueue,
        attempts: Sequence[Attempt],
        next_at: datetime,
    ) -> str | None:
        """Say why nothing more is to be sent, or return None."""
        if is_gone(attempts):
            return "It answered 410: it is gone for good."
        if queue.failing_since is not None and next_at > queue.failing_since + self._patience:
            hours = self._patience.total_seconds() / 3600
            return f"Nothing could be delivered for {hours:g} hours."
        most = self._max_pending
        if await uow.webhook_deliveries.count_pending(queue.webhook_id, most + 1) > most:
            return f"More than {most:,} deliveries were waiting, and none got through."
        return None

    async def _defer(self, due: datetime | None) -> None:
        after = due and due - now()
        later = after if after and after > timedelta() else None
        async with self._uow(SYSTEM) as uow:
            await uow.jobs.defer_unless_waiting(
                JobRequest(SEND_WEBHOOKS, Queue.WEBHOOKS, after=later)
            )
            await uow.commit()


async def _some_done(working: _Working, *, look_again: bool) -> set[asyncio.Task[None]]:
    """Wait for all, a moment if there may be more to claim, else for the first of them.

    Returns those that have ended.
    """
    until = asyncio.ALL_COMPLETED if look_again else asyncio.FIRST_COMPLETED
    seconds = _LOOK_AGAIN_SECONDS if look_again else None
    return (await asyncio.wait(working, timeout=seconds, return_when=until))[0]


def _switched_off(webhook: Webhook, before: dict[str, Any]) -> WebhookSwitchedOff:
    changes = changes_between(before, webhook.facts(), webhook.private_fields())
    return WebhookSwitchedOff(subject_id=webhook.id, changes=changes)
