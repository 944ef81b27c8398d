"""Text that others have written, in a form that the database takes."""

from typing import Any


def storable(text: str) -> str:
    """PostgreSQL stores neither NUL nor half a surrogate pair; both are replaced."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode()


def storable_json(value: Any) -> Any:
    """The same for every text in a JSON document."""
    match value:
        case str():
            return storable(value)
        case dict():
            return {storable(key): storable_json(each) for key, each in value.items()}
        case list():
            return [storable_json(each) for each in value]
    return value
