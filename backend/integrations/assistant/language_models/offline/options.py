"""What may be said at the end of a request, such as "due tomorrow with high priority".

Requests are parsed word by word, not by one pattern: that would try all ways to split the words,
which takes exponential time for some.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

_WORD = re.compile("[^ ,]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]+")
_OF_PHONE = re.compile(r"[0-9+()./-]+")
_FILLERS = {"and", "with", "the"}
_LEVELS = {"low", "normal", "high", "urgent"}
_BEFORE_DAY = {"due", "by", "on", "until", "for"}
_BEFORE_COMPANY = {"company", "from", "at", "of"}

Said = tuple[int, int, int]
"""The place of its first word, and the places from and up to which its value goes."""
Option = Callable[[Sequence[str]], Said | None]
"""Looks at the words in small letters; None if it is not said."""


class FoundOption(NamedTuple):
    """`begin` is the place of its first word."""

    name: str
    value: str
    begin: int


class Words:
    """A text, parted at spaces and commas."""

    def __init__(self, text: str) -> None:
        self.text = text.strip(" ,")
        self._spans = [found.span() for found in _WORD.finditer(self.text)]
        self._words = [self.text[begin:end].lower() for begin, end in self._spans]

    def find_any(self, options: Mapping[str, Option]) -> FoundOption | None:
        """The first of the options that is said, if anything comes before it."""
        for name, option in options.items():
            if (said := option(self._words)) is not None:
                begin, value, end = said
                while begin > 0 and self._words[begin - 1] in _FILLERS:
                    begin -= 1
                if begin > 0:
                    text = self.text[self._spans[value][0] : self._spans[end - 1][1]]
                    return FoundOption(name, text, begin)
        return None

    def before(self, place: int) -> "Words":
        """Those before the word at this place."""
        return Words(self.text[: self._spans[place][0]])


def priority(words: Sequence[str]) -> Said | None:
    last = len(words) - 1
    match words[-2:]:
        case ["priority", level] if level in _LEVELS:
            return last - 1, last, last + 1
        case [level, "priority"] if level in _LEVELS:
            return last - 1, last - 1, last
    return None


def day(words: Sequence[str]) -> Said | None:
    last = len(words) - 1
    if not words or not (words[-1] in {"today", "tomorrow"} or _DATE.fullmatch(words[-1])):
        return None
    begin = last
    while begin > 0 and words[begin - 1] in _BEFORE_DAY:
        begin -= 1
    return begin, last, last + 1


def email(words: Sequence[str]) -> Said | None:
    last = len(words) - 1
    if not words or "@" not in words[-1][1:-1]:
        return None
    begin = last
    if begin > 1 and words[begin - 1] == "address":
        begin -= 1
    if begin > 0 and words[begin - 1] in {"email", "e-mail"}:
        return begin - 1, last, last + 1
    return last, last, last + 1


def phone(words: Sequence[str]) -> Said | None:
    value = len(words)
    while value > 0 and _OF_PHONE.fullmatch(words[value - 1]):
        value -= 1
    if not _PHONE.fullmatch(" ".join(words[value:])):
        return None
    begin = value - 1 if words[value - 1 : value] == ["number"] else value
    return (begin - 1, value, len(words)) if words[begin - 1 : begin] == ["phone"] else None


def for_customer(words: Sequence[str]) -> Said | None:
    return _all_after(words, {"for"}, optional=["the"], needed=["customer"])


def company(words: Sequence[str]) -> Said | None:
    return _all_after(words, _BEFORE_COMPANY, optional=["the", "company"], needed=[])


def _all_after(
    words: Sequence[str], first: set[str], *, optional: Sequence[str], needed: Sequence[str]
) -> Said | None:
    """What follows the first place that is worded so, to the end."""
    for begin in range(1, len(words)):
        if words[begin] in first:
            value = begin + 1
            for word in optional:
                value += words[value : value + 1] == [word]
            if words[value : value + len(needed)] == needed:
                value += len(needed)
                if value < len(words):
                    return begin, value, len(words)
    return None


OF_TASK: Mapping[str, Option] = {"priority": priority, "due": day, "customer": for_customer}
OF_PERSON: Mapping[str, Option] = {"email": email, "phone": phone, "company": company}
