"""Handlers get events of the classes that services have recorded."""

from collections.abc import Callable
from uuid import UUID

import pytest

from backend.core.permissions import Means, Role, SubjectKind
from backend.models.platform.audit_events import Event
from backend.models.platform.domain_events import (
    DomainEvent,
    ExecutionFinished,
    RecordedActor,
    ResourceChanged,
    TaskAssigned,
    changes_between,
)
from backend.models.platform.mixins import new_id
from tests.factories import make_principal

TYPED = [each for each in DomainEvent.__subclasses__() if each is not ResourceChanged]
BY = make_principal(Role.MEMBER)


def stored(event: DomainEvent) -> Event:
    return Event(
        id=event.id,
        type=event.type,
        subject_kind=event.kind,
        subject_id=event.subject_id,
        actor_id=event.actor_id,
        means=Means.API,
        changes=dict(event.changes),
    )


def assigned(assignee: UUID | None) -> TaskAssigned:
    changes = changes_between(
        {"assignee_id": "somebody"}, {"assignee_id": assignee and str(assignee)}
    )
    return TaskAssigned(subject_id=new_id(), by=BY, changes=changes)


@pytest.mark.parametrize("kind", TYPED)
def test_an_event_comes_back_as_the_class_that_was_recorded(kind: type[DomainEvent]) -> None:
    # A class that a handler can wait for has one kind and one verb, as the defaults.
    make: Callable[..., DomainEvent] = kind
    recorded = make(subject_id=new_id(), by=RecordedActor(BY.user_id, Means.API))

    restored = stored(recorded).happened()

    assert type(restored) is kind
    assert restored == recorded
    assert restored.id == recorded.id


def test_a_plain_change_comes_back_with_its_kind_and_verb() -> None:
    recorded = ResourceChanged(kind=SubjectKind.TASK, verb="updated", subject_id=new_id())

    assert stored(recorded).happened() == recorded


def test_a_handler_reads_who_the_assignee_is_and_who_assigned() -> None:
    assignee = new_id()

    event = stored(assigned(assignee)).happened()

    assert isinstance(event, TaskAssigned)
    assert (event.assignee_id, event.actor_id) == (assignee, BY.user_id)


def test_a_task_can_be_assigned_to_nobody() -> None:
    assert assigned(None).assignee_id is None


def test_a_handler_reads_how_an_execution_has_ended() -> None:
    changes = changes_between({"status": "running"}, {"status": "failed"})
    event = stored(ExecutionFinished(subject_id=new_id(), changes=changes)).happened()

    assert isinstance(event, ExecutionFinished)
    assert event.status == "failed"
