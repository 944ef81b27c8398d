"""Invisible characters, and texts of a required form."""

import re
from dataclasses import dataclass
from string import whitespace
from typing import Any
from unicodedata import name

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

# Directional marks, joiners, soft hyphens and byte order marks, as in copied texts. Within a text
# some have a meaning: they join letters and emoji.
MARKS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069"
    "\u206a\u206b\u206c\u206d\u206e\u206f\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
)
_SPACES = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\x85"
)
UNSEEN = MARKS + _SPACES + whitespace
"""White space and invisible marks, as `strip` removes them around a text."""
_NOMARKS = dict.fromkeys(map(ord, MARKS))
_AS_TYPED = {
    **_NOMARKS,
    **dict.fromkeys(map(ord, _SPACES), " "),
    # Full-width letters, digits and punctuation.
    **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"), "-"),
}


def without_marks(text: str) -> str:
    """Remove invisible marks everywhere."""
    return text if text.isascii() else text.translate(_NOMARKS)


def as_typed(text: str) -> str:
    """Replace typographic spaces, hyphens and digits by ASCII, and remove invisible marks."""
    return text if text.isascii() else text.translate(_AS_TYPED)


def spelled(character: str) -> str:
    """Name a character for messages: `"x"`, or `U+202A (LEFT-TO-RIGHT EMBEDDING)` if invisible."""
    if character.isascii() and character.isprintable():
        return f'"{character}"'
    code = f"U+{ord(character):04X}"
    known = name(character, "")
    return f"{code} ({known})" if known else code


@dataclass(frozen=True, slots=True)
class Form:
    """Annotates a text that must match a regular expression.

    pydantic alone would show the expression to people.

    Attributes:
        pattern: in the syntax of ECMA-262, as in JSON Schema.
        words: describes the form; continues a sentence after `must`.
        allowed: a class of characters; messages name the first other one.
    """

    pattern: str
    words: str
    allowed: str = ""

    def check(self, text: str) -> str:
        """Raises ValueError."""
        if re.fullmatch(self.pattern, text):
            return text
        stranger = re.search(f"[^{self.allowed}]", text) if self.allowed else None
        remedy = f": remove {spelled(stranger[0])}" if stranger else ""
        raise ValueError(f"must {self.words}{remedy}")

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"pattern": self.pattern}
