import asyncio
import time
from contextlib import ExitStack

import pytest

from backend.integrations.platform.wake_ups import Inbox, NoticeBoard, Topic
from backend.repositories.platform.unit import Channel
from backend.services.platform.wake_ups import ANYTHING

CHANNEL = Channel.EXECUTIONS
SOON = 0.01
LONG = 10


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def board(topic: Topic) -> NoticeBoard:
    return NoticeBoard({CHANNEL: topic, Channel.NOTIFICATIONS: Topic()})


async def test_a_notice_wakes_only_those_that_it_is_for(board: NoticeBoard, topic: Topic) -> None:
    with (
        board.subscribe(CHANNEL, "a") as first,
        board.subscribe(CHANNEL, "a") as second,
        board.subscribe(CHANNEL, "b") as other,
        board.subscribe(CHANNEL) as everything,
        board.subscribe(Channel.NOTIFICATIONS) as elsewhere,
    ):
        waiting = asyncio.gather(*(each.next(LONG) for each in (first, second, everything)))
        await asyncio.sleep(0)
        topic.hear("a")

        assert await waiting == [["a"], ["a"], ["a"]]
        assert [await each.next(SOON) for each in (other, elsewhere)] == [[], []]


async def test_what_is_heard_between_two_calls_waits_for_the_next(
    board: NoticeBoard, topic: Topic
) -> None:
    with board.subscribe(CHANNEL) as subscription:
        for payload in ("b", "a", "b"):
            topic.hear(payload)

        assert await subscription.next(LONG) == ["b", "a"]
        assert await subscription.next(SOON) == []


async def test_more_than_can_be_remembered_means_to_look_at_all(
    board: NoticeBoard, topic: Topic
) -> None:
    with board.subscribe(CHANNEL) as subscription:
        for number in range(1000):
            topic.hear(str(number))

        assert await subscription.next(LONG) == [ANYTHING]
        topic.hear("a")
        assert await subscription.next(LONG) == ["a"]


async def test_notices_that_may_have_been_missed_wake_everybody(
    board: NoticeBoard, topic: Topic
) -> None:
    with board.subscribe(CHANNEL, "a") as one, board.subscribe(CHANNEL) as everything:
        topic.hear("a")
        topic.lost()
        topic.regained()
        topic.hear("b")

        assert await one.next(LONG) == ["a"]
        assert await everything.next(LONG) == [ANYTHING]


async def test_whoever_has_left_leaves_nothing_behind(board: NoticeBoard, topic: Topic) -> None:
    with board.subscribe(CHANNEL, "a") as stays:
        with board.subscribe(CHANNEL, "a"):
            pass
        topic.hear("a")
        assert await stays.next(LONG) == ["a"]

    assert topic._mailboxes == {}


async def test_a_notice_costs_the_same_however_many_wait_for_others(topic: Topic) -> None:
    def cost() -> float:
        begin = time.process_time()
        for _ in range(2_000):
            topic.hear("nobody's")
        return time.process_time() - begin

    alone = min(cost() for _ in range(3))
    with ExitStack() as stack:
        for number in range(500):
            stack.enter_context(topic.subscribe(str(number), Inbox()))

        assert min(cost() for _ in range(3)) < 10 * alone


async def test_a_wait_that_is_cancelled_loses_nothing(board: NoticeBoard, topic: Topic) -> None:
    with board.subscribe(CHANNEL, "a") as subscription:
        waiting = asyncio.create_task(subscription.next(LONG))
        await asyncio.sleep(0)
        topic.hear("a")
        waiting.cancel()
        await asyncio.wait([waiting])

        assert await subscription.next(SOON) == ["a"]
