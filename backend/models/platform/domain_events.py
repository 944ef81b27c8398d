"""Domain events, as services record them and handlers receive them.

`audit_events.py` has their table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from backend.core.permissions import Means, SubjectKind
from backend.models.platform.mixins import new_id

PRIVATE = "(private)"
"""Replaces values that even admins may not read."""

Changes = Mapping[str, Mapping[str, Any]]
"""By field: `{"before": ..., "after": ...}`, as JSON values."""


_ABOUT_A_PERSON = {SubjectKind.USER, SubjectKind.SIGN_IN, SubjectKind.INVITATION}
_OF_A_PERSON = {
    SubjectKind.SESSION,
    SubjectKind.IDENTITY,
    SubjectKind.PASSKEY,
    SubjectKind.API_KEY,
}
PERSONAL_KINDS = _ABOUT_A_PERSON | _OF_A_PERSON
"""What events tell of these are data of a person."""


class Actor(Protocol):
    """Who has done something, as far as it is recorded: a `Principal`, for one."""

    @property
    def user_id(self) -> UUID: ...
    @property
    def means(self) -> Means | None: ...
    @property
    def key_id(self) -> UUID | None: ...
    @property
    def impersonator_id(self) -> UUID | None: ...


@dataclass(frozen=True)
class RecordedActor:
    user_id: UUID
    means: Means
    key_id: UUID | None = None
    impersonator_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Something that has happened, recorded in the same transaction.

    Attributes:
        id: by it handlers know an event that they have handled before.
        subject_id: None if the subject has no id.
        by: None if nobody was signed in, or the program acted by itself.
    """

    kind: SubjectKind
    verb: str
    subject_id: UUID | None
    by: Actor | None = None
    changes: Changes = field(default_factory=dict)
    id: UUID = field(default_factory=new_id, compare=False)

    @property
    def type(self) -> str:
        """Such as `task.completed`."""
        return f"{self.kind}.{self.verb}"

    @property
    def actor_id(self) -> UUID | None:
        return self.by.user_id if self.by else None

    @property
    def person_id(self) -> UUID | None:
        """The person whose data the changes are; None if they are not personal.

        Of an invitation it is the invitation, as nobody is known yet.
        """
        if self.kind in _ABOUT_A_PERSON:
            return self.subject_id
        if self.kind not in _OF_A_PERSON:
            return None
        owner = self.changes.get("user_id", {})
        named = owner.get("after") or owner.get("before")
        return UUID(named) if named else self.actor_id

    def after(self, name: str) -> Any:
        """Return the new value of a field; None if it did not change."""
        return value_after(self.changes, name)


@dataclass(frozen=True, kw_only=True)
class ResourceChanged(DomainEvent):
    """A change that is only recorded. So are its subclasses, until a handler names one.

    Resources declare theirs beside their models.
    """


@dataclass(frozen=True, kw_only=True)
class TaskAssigned(DomainEvent):
    """A task has a new assignee, or none."""

    kind: SubjectKind = SubjectKind.TASK
    verb: str = "assigned"
    subject_id: UUID

    @property
    def assignee_id(self) -> UUID | None:
        assignee = self.after("assignee_id")
        return UUID(assignee) if assignee else None


@dataclass(frozen=True, kw_only=True)
class LeadConverted(DomainEvent):
    """`changes["task_ids"]` are the tasks that the customer took over."""

    kind: SubjectKind = SubjectKind.LEAD
    verb: str = "converted"
    subject_id: UUID


@dataclass(frozen=True, kw_only=True)
class ModuleCreated(DomainEvent):
    kind: SubjectKind = SubjectKind.MODULE
    verb: str = "created"
    subject_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignedIn(DomainEvent):
    """The subject is the new session."""

    kind: SubjectKind = SubjectKind.SESSION
    verb: str = "started"
    subject_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignInFailed(DomainEvent):
    """The subject is the user of the account; None if there is no such account."""

    kind: SubjectKind = SubjectKind.SIGN_IN
    verb: str = "failed"


@dataclass(frozen=True, kw_only=True)
class RefreshReplayed(DomainEvent):
    """A refresh token was used twice, so two parties have it: its session has ended."""

    kind: SubjectKind = SubjectKind.SESSION
    verb: str = "refresh_replayed"


@dataclass(frozen=True, kw_only=True)
class SessionsRevoked(DomainEvent):
    """The subject is the user; `changes["session_ids"]` are the sessions that have ended."""

    kind: SubjectKind = SubjectKind.USER
    verb: str = "sessions_revoked"


@dataclass(frozen=True, kw_only=True)
class ExecutionFinished(DomainEvent):
    """It completed, failed or was cancelled."""

    kind: SubjectKind = SubjectKind.EXECUTION
    verb: str = "finished"
    subject_id: UUID

    @property
    def status(self) -> str:
        """That of the execution, such as `completed`."""
        return str(self.after("status"))


@dataclass(frozen=True, kw_only=True)
class WebhookSwitchedOff(DomainEvent):
    """Nothing got through to it: its owner has to look."""

    kind: SubjectKind = SubjectKind.WEBHOOK
    verb: str = "switched_off"
    subject_id: UUID


def class_of(event_type: str) -> type[DomainEvent]:
    """The class of the events of a type, such as `task.assigned`."""
    # Looked up anew, as the models of resources may be imported later.
    own = (*DomainEvent.__subclasses__(), *ResourceChanged.__subclasses__())
    named = (each for each in own if each is not ResourceChanged and _type_of(each) == event_type)
    return next(named, ResourceChanged)


def _type_of(event: type[DomainEvent]) -> str:
    fields = event.__dataclass_fields__
    return f"{fields['kind'].default}.{fields['verb'].default}"


def value_after(changes: Changes, name: str) -> Any:
    """Return the new value of a field; None if it did not change."""
    return changes.get(name, {}).get("after")


def changes_between(
    before: Mapping[str, Any], after: Mapping[str, Any], private: Iterable[str] = ()
) -> Changes:
    """Return what differs between two `facts`; a missing field counts as null.

    Private fields are only marked as changed, as their content is for their owner alone.
    """
    hidden = set(private)

    def fact(facts: Mapping[str, Any], name: str) -> Any:
        value = facts.get(name)
        return PRIVATE if name in hidden and value is not None else value

    return {
        name: {"before": fact(before, name), "after": fact(after, name)}
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }
