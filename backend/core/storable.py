"""Foreign text in a form that the database accepts."""

import re
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """PostgreSQL stores neither NUL nor lone surrogates; both are replaced.

    Adjacent surrogates are joined into their character.
    """
    text = text.replace("\0", "\ufffd")
    if _HALF.search(text) is None:
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return joined.encode("utf-8", "replace").decode()


def storable_json(value: Any) -> Any:
    """Do the same for every text in a JSON document."""
    match value:
        case str():
            return storable(value)
        case dict():
            return {storable(key): storable_json(each) for key, each in value.items()}
        case list():
            return [storable_json(each) for each in value]
    return value
