"""Cuts a text into tokens, of which some are tags around thoughts."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

CLOSED_BY = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<antthinking>": "</antthinking>",
    "<seed:think>": "</seed:think>",
    "[think]": "[/think]",
    "◁think▷": "◁/think▷",
}
"""The end tag by start tag, in lower case."""

_OPEN, _CLOSE = ("|".join(map(re.escape, tags)) for tags in (CLOSED_BY, CLOSED_BY.values()))
_TOKEN = re.compile(
    rf"(?P<open>{_OPEN})|(?P<close>{_CLOSE})|(?P<line_end>\n)|(?P<marks>`+|~+)"
    r"|(?P<words>[<\[◁]?[^<\[◁\n`~]*)",
    re.IGNORECASE,
)
_TAGS = [*CLOSED_BY, *CLOSED_BY.values()]
_BEGINNINGS = {tag[: end + 1] for tag in _TAGS for end in range(len(tag))}
_LONGEST = max(map(len, _BEGINNINGS))
_FIRST = re.compile(r"[<\[◁]")
_MARKS = "`~"
_MAX_MARKS = 64


class TokenKind(StrEnum):
    """The names of the groups of the pattern."""

    OPEN = "open"
    CLOSE = "close"
    MARKS = "marks"
    LINE_END = "line_end"
    WORDS = "words"


class Token(NamedTuple):
    """`after` is the next character; empty at the end."""

    kind: TokenKind
    text: str
    after: str


class Tokens:
    """However the text is split, tags and marks are those of the whole text."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> Iterator[Token]:
        """Yield the tokens that no further text can change."""
        text = self._held + text
        sure = _undecided_from(text)
        self._held = text[sure:]
        return _cut(text, sure)

    def end(self) -> Iterator[Token]:
        text, self._held = self._held, ""
        return _cut(text, len(text))


def _undecided_from(text: str) -> int:
    """Return the index of a possible start of a tag, or of a final tag or marks."""
    if text and text[-1] in _MARKS:
        begin = len(text.rstrip(text[-1]))
        return begin if len(text) - begin < _MAX_MARKS else len(text)
    for first in _FIRST.finditer(text, max(0, len(text) - _LONGEST)):
        if text[first.start() :].lower() in _BEGINNINGS:
            return first.start()
    return len(text)


def _cut(text: str, end: int) -> Iterator[Token]:
    at = 0
    while at < end:
        found = _TOKEN.match(text, at, end)
        # Words match anything, so there always is one.
        kind = found.lastgroup if found else None
        begin, at = at, found.end() if found else end
        yield Token(TokenKind(kind or TokenKind.WORDS), text[begin:at], text[at : at + 1])
