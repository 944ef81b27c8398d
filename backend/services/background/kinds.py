"""What a kind of execution is, and what it may use while it runs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from backend.core.permissions import Principal

Inputs_contra = TypeVar("Inputs_contra", bound=BaseModel, contravariant=True)
Result_co = TypeVar("Result_co", bound=BaseModel, covariant=True)

Work = Callable[[], Awaitable[dict[str, Any]]]


class TryAgainError(Exception):
    """Something that may work later. The text is for the owner, who reads it meanwhile."""


class ExecutionContext(Protocol):
    """One attempt at an execution."""

    @property
    def id(self) -> UUID: ...

    @property
    def by(self) -> Principal:
        """Its owner, with the role that they had when their rights were looked at last."""
        ...

    async def owner(self) -> Principal:
        """Its owner, with the role of now: look before each batch, page or call.

        A step does so before its work. As a safety net, the attempt does so each second.

        Raises:
            PermissionDeniedError: the account is deactivated, or its role may not do this any more.
        """
        ...

    async def progress(self, done: int, total: int | None, message: str) -> None:
        """Tell how far it is. May be called as often as you like: most calls write nothing."""
        ...

    async def step(self, name: str, work: Work) -> dict[str, Any]:
        """Do the work, unless an earlier attempt has finished the step of this name.

        Answers what the work has answered, then or now, as JSON has it. Steps are told apart by
        their names: each of an execution has one of its own, and the same at each attempt.
        Several steps may be at work at the same time.
        """
        ...


class ExecutionKind(Protocol[Inputs_contra, Result_co]):
    """A DomainError ends the execution, and its owner reads it. Any other error is retried.

    While a TryAgainError is, the owner reads its text; of others, that something went wrong.
    """

    async def check(self, inputs: Inputs_contra, by: Principal) -> None:
        """When it is asked for, at each start, and when the role of its owner has changed.

        Looks at permissions, and at what is referred to.

        Raises:
            PermissionDeniedError: the person may not do this.
            InvalidInputError: it names the field of the inputs that is wrong.
        """
        ...

    async def run(self, inputs: Inputs_contra, run: ExecutionContext) -> Result_co:
        """May be cancelled at any `await`, and begun again after a crash."""
        ...


Namer = Callable[[Any], Awaitable[str]]
"""Makes a short name of inputs, the same for the same inputs. They were checked before."""


@dataclass(frozen=True)
class RegisteredKind:
    kind: ExecutionKind[Any, Any]
    inputs: type[BaseModel]
    name: Namer


ExecutionKinds = Mapping[str, RegisteredKind]
"""By the name of the kind."""


class NameSuggestions(Protocol):
    async def suggest(self, kind: str, inputs: BaseModel, by: Principal) -> str | None:
        """A name that says what an execution is about; None if there is none to be had now."""
        ...
