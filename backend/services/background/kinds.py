"""What a kind of execution is, and the interface of a running attempt."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from backend.core.permissions import Principal

Inputs_contra = TypeVar("Inputs_contra", bound=BaseModel, contravariant=True)
Found = TypeVar("Found")
Result_co = TypeVar("Result_co", bound=BaseModel, covariant=True)

Work = Callable[[], Awaitable[dict[str, Any]]]


class TryAgainError(Exception):
    """A temporary error. The owner sees the text until the next attempt."""


class ExecutionContext(Protocol):
    """One attempt at an execution."""

    @property
    def id(self) -> UUID: ...

    @property
    def by(self) -> Principal:
        """Return its owner with the rights at the last check."""
        ...

    async def owner(self) -> Principal:
        """Return its owner with the current rights: call it before each batch, page or call.

        These are those of the role, or of the API key with which the execution was started.

        A step does so before its work. As a safety net, the attempt does so every second.

        Raises:
            PermissionDeniedError: the account is deactivated, or may no longer do this.
            AuthenticationError: the API key was revoked or has expired.
        """
        ...

    async def progress(self, done: int, total: int | None, message: str) -> None:
        """Report progress. May be called as often as you like: most calls write nothing."""
        ...

    async def step(self, name: str, work: Work) -> dict[str, Any]:
        """Do the work, unless an earlier attempt has finished the step of this name.

        Returns the result of the work, from then or now, as JSON values. Steps are identified by
        their names, which are unique in an execution and the same at each attempt. Several steps
        may run at the same time.
        """
        ...


class ExecutionKind(Protocol[Inputs_contra, Found, Result_co]):
    """A DomainError ends the execution, and its owner sees it. Any other error is retried.

    While retrying, the owner sees the text of a TryAgainError; otherwise a generic message.
    """

    async def check(self, inputs: Inputs_contra, by: Principal) -> Found:
        """Called at creation, at each start, and when the rights of its owner have changed.

        Checks permissions and references. Returns what it found, so that the name and `run` need
        not look it up again.

        Raises:
            PermissionDeniedError: the person may not do this.
            InvalidInputError: it names the field of the inputs that is wrong.
        """
        ...

    async def run(self, inputs: Inputs_contra, run: ExecutionContext, found: Found) -> Result_co:
        """May be cancelled at any `await`, and restarted after a crash."""
        ...


Namer = Callable[[Any, Any, Principal], Awaitable[str]]
"""Returns a short name for inputs, what their check found, and the caller."""


@dataclass(frozen=True)
class RegisteredKind:
    """
    Attributes:
        in_person: no API key retries it, nor an admin who is signed in as its owner.
    """

    kind: ExecutionKind[Any, Any, Any]
    inputs: type[BaseModel]
    name: Namer
    in_person: bool = False


ExecutionKinds = Mapping[str, RegisteredKind]
"""The kinds by name."""


class NameSuggestions(Protocol):
    async def suggest(self, kind: str, inputs: BaseModel, by: Principal) -> str | None:
        """Return a descriptive name of an execution; None if none is available now."""
        ...
