"""Texts and JSON that PostgreSQL accepts: without NUL, lone surrogates, NaN and Infinity."""

import re
from math import isfinite
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def unstorable_in(text: str) -> str | None:
    """Return the first character that PostgreSQL does not store: NUL or a lone surrogate."""
    found = UNSTORABLE.search(text)
    return found[0] if found else None


def check_storable(text: str) -> str:
    """Return the text. Raises ValueError if PostgreSQL does not store it."""
    text.encode()  # Lone surrogates raise a ValueError.
    if "\x00" in text:
        raise ValueError("must not contain NUL characters, which the database can't store")
    return text


def storable(text: str) -> str:
    """Replace what PostgreSQL does not store: NUL and lone surrogates.

    Adjacent surrogates are joined into their character.
    """
    text = text.replace("\0", "\ufffd")
    if _HALF.search(text) is None:
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return joined.encode("utf-8", "replace").decode()


def storable_json(value: Any) -> Any:
    """Do the same for every text in a JSON document; numbers that JSON does not have become null.

    Language models write NaN and Infinity, and their parsers take them.
    """
    match value:
        case str():
            return storable(value)
        case float() if not isfinite(value):
            return None
        case dict():
            return {storable(key): storable_json(each) for key, each in value.items()}
        case list():
            return [storable_json(each) for each in value]
    return value
