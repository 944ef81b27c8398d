"""A request as a script: the tools to call, one after the other, and what is said at the end.

A script is a generator. It yields a call, gets the result, and returns the answer. At each step
it is played again from its beginning with the results so far: nothing is kept in between.
"""

from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from backend.integrations.assistant.language_models.offline.words import unquoted

Result = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A request: its relevant words, and the current day, if known."""

    words: Mapping[str, str]
    today: date | None

    @property
    def what(self) -> str:
        return unquoted(self.words.get("what", ""))


class Call(NamedTuple):
    tool: str
    arguments: dict[str, Any]


class Returned(NamedTuple):
    """The result of a tool. `content` is the reason if it `failed`."""

    content: Any
    failed: bool


Script = Generator[Call, Result, str]


class UnclearError(Exception):
    """The request can't be carried out as it is; the text asks the person back."""


def say(text: str) -> Script:
    """Without calling anything."""
    yield from ()
    return text


def play(script: Script, returned: Sequence[Returned], offered: Collection[str]) -> Call | str:
    """The next call, or the answer. Only what is `offered` is called."""
    try:
        call = next(script)
        for content, failed in returned:
            if failed:
                return f"That was refused. {content}"
            call = script.send(content if isinstance(content, dict) else {})
    except StopIteration as end:
        return str(end.value)
    except UnclearError as question:
        return str(question)
    if call.tool not in offered:
        return f"You may not do this, or it is switched off: I have no tool {call.tool}."
    return call
