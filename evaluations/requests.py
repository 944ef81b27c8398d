"""What is asked, what should come of it, and what did."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic_evals import Case

from backend.seeds.users import MEMBER, SeedUser


@dataclass(frozen=True)
class Request:
    text: str
    by: SeedUser = MEMBER


@dataclass(frozen=True)
class Called:
    """A tool and its arguments. Where it `refused`, nothing was done."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    refused: bool = False


@dataclass(frozen=True)
class Expected:
    """These calls in this order, none of them refused, whatever is read in between; and no other
    that changes something.

    Attributes:
        calls: an argument holds if it contains what is expected, capitals or not.
        says: what the answer contains.
    """

    calls: tuple[Called, ...] = ()
    says: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observed:
    """What came of a request. `error` is told instead of an answer."""

    calls: tuple[Called, ...]
    text: str
    error: str | None = None


Ask = Callable[[Request], Awaitable[Observed]]
RequestCase = Case[Request, Observed, Expected]


def called(tool: str, **arguments: Any) -> Called:
    return Called(tool, arguments)


def case(request: str, *calls: Called, by: SeedUser = MEMBER, says: str = "") -> RequestCase:
    """The request is the name of the case as well."""
    expected = Expected(calls, (says,) if says else ())
    return Case(name=request, inputs=Request(request, by), metadata=expected)
