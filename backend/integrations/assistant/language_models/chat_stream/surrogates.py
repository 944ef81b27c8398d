"""Joins surrogate pairs: servers that split text by UTF-16 send halves of an emoji."""

import json
import re

from backend.core.storable import storable, storable_json

_FIRST_HALF = re.compile("[\ud800-\udbff]\\Z")
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def joined_json(text: str) -> str:
    """Remove lone surrogates from JSON, also as escapes. Other texts stay unchanged."""
    text = storable(text)
    if _ESCAPED_HALF.search(text) is None:
        return text
    try:
        return json.dumps(storable_json(json.loads(text)))
    except (ValueError, RecursionError):
        return text


class Halves:
    """Holds a first half back until the second arrives."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        text = self._held + text
        held = _FIRST_HALF.search(text)
        self._held = held[0] if held else ""
        return storable(text[: held.start()] if held else text)

    def end(self) -> str:
        held, self._held = self._held, ""
        return storable(held)
