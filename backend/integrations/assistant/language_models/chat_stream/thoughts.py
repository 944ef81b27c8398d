"""Thoughts that a model writes into its answer, as <think>...</think>.

They count as thoughts where models write them: at the beginning, and later as separate blocks. In
code, or within a line, such a tag is part of the text. Some templates begin within the thought, so
that only its end is sent: then all earlier text is withdrawn.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from backend.integrations.assistant.language_models.chat_stream.chunks import IN_CONTENT
from backend.integrations.assistant.language_models.chat_stream.code_spans import CodeSpans
from backend.integrations.assistant.language_models.chat_stream.tags import (
    CLOSED_BY,
    Token,
    TokenKind,
    Tokens,
)

# Typographic quotation marks are escaped, as some look alike.
_BEFORE_WORD = frozenset(" \t\"'(*\u201c\u2018")
_AFTER_WORD = frozenset([*" \t\"').,;:!?*\u201d\u2019", ""])


class Said(NamedTuple):
    text: str


class Thought(NamedTuple):
    """`field` is the provider's field, in which it is sent back."""

    text: str
    field: str = IN_CONTENT


class Withdrawn(NamedTuple):
    """All earlier text was a thought."""


Spoken = Said | Thought | Withdrawn


class Thoughts:
    """Separates text from thoughts, however the stream is split."""

    def __init__(self) -> None:
        self._tokens = Tokens()
        self._begin()
        self._skips_space = False

    def feed(self, text: str) -> list[Spoken]:
        return _together(self._read(self._tokens.feed(text)))

    def end(self) -> list[Spoken]:
        """Yield what was held back, as it might have become a tag."""
        return _together([*self._read(self._tokens.end()), *self._rest()])

    def _begin(self) -> None:
        self._is_begun = False
        self._space: list[str] = []
        self._close = ""
        self._block: list[str] = []
        self._before = ""
        self._names_tags = False
        self._spans = CodeSpans()

    def _read(self, tokens: Iterable[Token]) -> Iterator[Spoken]:
        for token in tokens:
            if self._close:
                yield from self._in_thought(token)
            elif self._is_begun:
                yield from self._in_answer(token)
            else:
                yield from self._at_beginning(token)

    def _rest(self) -> Iterator[Spoken]:
        # A block without an end is text: the rest of the answer must not get lost.
        yield Said("".join(self._block))

    def _at_beginning(self, token: Token) -> Iterator[Spoken]:
        if token.kind is TokenKind.OPEN:
            self._close = CLOSED_BY[token.text.lower()]
        if token.kind in (TokenKind.OPEN, TokenKind.CLOSE):
            self._skips_space, self._space = True, []
        elif not token.text.strip():
            self._space.append(token.text)
        else:
            self._is_begun = True
            yield from self._in_answer(token._replace(text="".join([*self._space, token.text])))

    def _in_thought(self, token: Token) -> Iterator[Spoken]:
        """A thought at the beginning is streamed; later ones are sent at their end."""
        if token.kind is not TokenKind.CLOSE or token.text.lower() != self._close:
            if self._block:
                self._block.append(token.text)
            else:
                yield Thought(token.text)
            return
        self._close = ""
        if self._block:
            yield Thought("".join(self._block[1:]))
            self._block = []
            self._skips_space = self._spans.is_blank_line

    def _in_answer(self, token: Token) -> Iterator[Spoken]:
        if self._skips_space:
            token = token._replace(text=token.text.lstrip())
            self._skips_space = not token.text
        if token.kind is TokenKind.OPEN and self._is_block(token):
            self._close = CLOSED_BY[token.text.lower()]
            self._block = [token.text]
            return
        if token.kind is TokenKind.CLOSE and self._is_end_of_thought(token):
            self._begin()
            self._skips_space = True
            yield Withdrawn()
            return
        if token.text:
            self._names_tags = self._names_tags or token.kind is TokenKind.OPEN
            self._spans.take(token)
            self._before = token.text[-1]
            yield Said(token.text)

    def _is_block(self, tag: Token) -> bool:
        is_alone = self._spans.is_blank_line or tag.after == "\n"
        return is_alone and not self._spans.is_code

    def _is_end_of_thought(self, tag: Token) -> bool:
        if self._spans.is_code or self._names_tags:
            return False
        is_word = self._before in _BEFORE_WORD and tag.after in _AFTER_WORD
        return self._spans.is_blank_line or not is_word


def _together(spoken: Iterable[Spoken]) -> list[Spoken]:
    """Join neighbours of one kind, and drop empty ones."""
    return [each for kind, some in groupby(spoken, type) for each in _joined(kind, some)]


def _joined(kind: type[Spoken], some: Iterable[Spoken]) -> Iterator[Spoken]:
    if kind is Withdrawn:
        yield Withdrawn()
        return
    text = "".join(each.text for each in some if not isinstance(each, Withdrawn))
    if text:
        yield Thought(text) if kind is Thought else Said(text)
