"""What happens, as services record it. How it is kept is in `events.py`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from backend.core.permissions import Principal

PRIVATE = "(private)"
"""In place of what admins may not read either."""

Changes = Mapping[str, Mapping[str, Any]]
"""By field: `{"before": ..., "after": ...}`, as JSON has them."""


class SubjectKind(StrEnum):
    """What an event is about."""

    CUSTOMER = "customer"
    LEAD = "lead"
    PRODUCT = "product"
    TASK = "task"
    MODULE = "module"
    FILE = "file"
    USER = "user"
    SESSION = "session"
    SIGN_IN = "sign_in"
    JOB = "job"
    INVITATION = "invitation"
    EXECUTION = "execution"
    MODEL_CONFIG = "model_config"
    PROMPT = "prompt"
    TOOL = "tool"
    OUTPUT_SCHEMA = "output_schema"
    CHAT = "chat"
    PLANNED_ACTION = "planned_action"
    WORKFLOW = "workflow"


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Something that has happened, recorded in the transaction that made it so.

    Attributes:
        subject_id: None if it is about nothing that has an id.
        by: None if nobody was signed in, or the program did it by itself.
    """

    kind: SubjectKind
    verb: str
    subject_id: UUID | None
    by: Principal | None = None
    changes: Changes = field(default_factory=dict)

    @property
    def type(self) -> str:
        """Such as `task.completed`."""
        return f"{self.kind}.{self.verb}"

    @classmethod
    def type_of(cls) -> str:
        """The type of all events of a class that has only one."""
        fields = cls.__dataclass_fields__
        return f"{fields['kind'].default}.{fields['verb'].default}"


@dataclass(frozen=True, kw_only=True)
class ResourceChanged(DomainEvent):
    """A change that no handler waits for. What one waits for has a class of its own."""


@dataclass(frozen=True, kw_only=True)
class TaskAssigned(DomainEvent):
    """A task has got another assignee, or none: `changes["assignee_id"]`."""

    kind: SubjectKind = SubjectKind.TASK
    verb: str = "assigned"


@dataclass(frozen=True, kw_only=True)
class LeadConverted(DomainEvent):
    """`changes["task_ids"]` are the tasks that went over to the customer."""

    kind: SubjectKind = SubjectKind.LEAD
    verb: str = "converted"


@dataclass(frozen=True, kw_only=True)
class ModuleCreated(DomainEvent):
    kind: SubjectKind = SubjectKind.MODULE
    verb: str = "created"


@dataclass(frozen=True, kw_only=True)
class SignedIn(DomainEvent):
    """The subject is the new session."""

    kind: SubjectKind = SubjectKind.SESSION
    verb: str = "started"


@dataclass(frozen=True, kw_only=True)
class SignInFailed(DomainEvent):
    """The subject is the user whose password it was not; None if there is no such user."""

    kind: SubjectKind = SubjectKind.SIGN_IN
    verb: str = "failed"


@dataclass(frozen=True, kw_only=True)
class RefreshReplayed(DomainEvent):
    """A refresh token was used twice, so it is in two hands: its session has ended."""

    kind: SubjectKind = SubjectKind.SESSION
    verb: str = "refresh_replayed"


@dataclass(frozen=True, kw_only=True)
class SessionsRevoked(DomainEvent):
    """The subject is the user; `changes["session_ids"]` are the sessions that have ended."""

    kind: SubjectKind = SubjectKind.USER
    verb: str = "sessions_revoked"


@dataclass(frozen=True, kw_only=True)
class ExecutionFinished(DomainEvent):
    """It was completed, has failed or was cancelled: `changes` tell which of them."""

    kind: SubjectKind = SubjectKind.EXECUTION
    verb: str = "finished"


def changes_between(
    before: Mapping[str, Any], after: Mapping[str, Any], private: Iterable[str] = ()
) -> Changes:
    """What differs between two `facts`; a field that one side lacks counts as null there.

    Of the private fields only that they differ, as their content is for their owner alone.
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
