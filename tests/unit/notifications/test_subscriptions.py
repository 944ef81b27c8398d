"""No class of events is forgotten: it starts a handler, or is named as one that starts none."""

import pytest

from backend.jobs.subscriptions import HANDLERS, SUBSCRIPTIONS, UNHANDLED, subscriptions
from backend.models.platform.domain_events import (
    DomainEvent,
    ResourceChanged,
    SignInFailed,
    TaskAssigned,
)
from backend.services.notifications.rules import RULES


def test_what_has_a_rule_starts_the_handler_that_notifies() -> None:
    started = {event for event, handlers in SUBSCRIPTIONS.items() if handlers}

    assert started == set(RULES)


def test_a_plain_change_starts_nothing() -> None:
    assert SUBSCRIPTIONS[ResourceChanged] == []


def test_an_event_that_is_named_nowhere_stops_the_start() -> None:
    with pytest.raises(ValueError, match="SignInFailed"):
        subscriptions(HANDLERS, UNHANDLED - {SignInFailed})


def test_an_event_is_not_handled_and_unhandled_at_once() -> None:
    with pytest.raises(ValueError, match="TaskAssigned"):
        subscriptions(HANDLERS, UNHANDLED | {TaskAssigned})


def test_a_rule_that_is_taken_away_stops_the_start() -> None:
    fewer: frozenset[type[DomainEvent]] = frozenset(RULES) - {TaskAssigned}
    handlers = [type(each)(each.name, fewer, each.handle) for each in HANDLERS]

    with pytest.raises(ValueError, match="TaskAssigned"):
        subscriptions(handlers, UNHANDLED)
