"""Distributes the notices of one connection to the subscribers in this process."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

from backend.repositories.platform.unit import Channel
from backend.services.platform.wake_ups import ANYTHING, Subscription

_MAX_PAYLOADS = 100


class Inbox:
    """The pending notices of one subscriber, up to `_MAX_PAYLOADS`."""

    def __init__(self) -> None:
        self._heard: dict[str, None] = {}
        self._woken = asyncio.Event()

    def put(self, payload: str) -> None:
        if payload == ANYTHING or len(self._heard) == _MAX_PAYLOADS:
            self._heard = {ANYTHING: None}
        elif ANYTHING not in self._heard:
            self._heard[payload] = None
        self._woken.set()

    async def next(self, seconds: float) -> list[str]:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return []
        heard, self._heard = list(self._heard), {}
        self._woken.clear()
        return heard


class Topic:
    """One channel and its subscribers by payload, so that a notice wakes only those concerned."""

    def __init__(self) -> None:
        self._mailboxes: dict[str | None, set[Inbox]] = {}

    @contextmanager
    def subscribe(self, payload: str | None, mailbox: Inbox) -> Iterator[Subscription]:
        mailboxes = self._mailboxes.setdefault(payload, set())
        mailboxes.add(mailbox)
        try:
            yield mailbox
        finally:
            mailboxes.remove(mailbox)
            if not mailboxes:
                del self._mailboxes[payload]

    def hear(self, payload: str) -> None:
        for heard_by in (payload, None):
            for mailbox in self._mailboxes.get(heard_by, ()):
                mailbox.put(payload)

    def lost(self) -> None:
        """Nothing to wake for until notices are received again."""

    def regained(self) -> None:
        for payload, mailboxes in self._mailboxes.items():
            for mailbox in mailboxes:
                mailbox.put(ANYTHING if payload is None else payload)


class NoticeBoard:
    """`Notices` of `backend.services.platform.wake_ups`."""

    def __init__(self, topics: Mapping[Channel, Topic]) -> None:
        self._topics = topics

    def subscribe(
        self, channel: Channel, payload: str | None = None
    ) -> AbstractContextManager[Subscription]:
        return self._topics[channel].subscribe(payload, Inbox())

    @contextmanager
    def subscribe_to(self, topics: Iterable[tuple[Channel, str]]) -> Iterator[Subscription]:
        mailbox = Inbox()
        with ExitStack() as subscribed:
            for channel, payload in topics:
                subscribed.enter_context(self._topics[channel].subscribe(payload, mailbox))
            yield mailbox
