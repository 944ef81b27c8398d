"""Finding what a person has named."""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from backend.integrations.assistant.language_models.offline.script import Call, Result, UnclearError
from backend.integrations.assistant.language_models.offline.things import Thing, listed, name_of

_MAX_NAMED = 5

Row = dict[str, Any]


def rows_in(result: Result, key: str = "items") -> list[Row]:
    """Of a result that is not what was expected: none."""
    rows = result.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def the_one(thing: Thing, what: str) -> Generator[Call, Result, Row]:
    """The one with this name or id. Where several match, the one that has just this name.

    Raises UnclearError if none matches, or several do.
    """
    if _is_id(what):
        return {"id": what}
    found = yield Call(f"find_{thing.words}", {"q": what, "limit": _MAX_NAMED})
    return only(rows_in(found), thing.words, what)


def only(rows: list[Row], words: str, what: str) -> Row:
    """Raises UnclearError as `the_one` does."""
    if not rows:
        raise UnclearError(f'I found no {words} for "{what}". What is it called?')
    same = [row for row in rows if name_of(row).casefold() == what.casefold()]
    chosen = same if len(same) == 1 else rows
    if len(chosen) > 1:
        raise UnclearError(f"Which one do you mean: {listed(rows)}? Say its whole name, or its id.")
    return chosen[0]


def _is_id(what: str) -> bool:
    try:
        UUID(what)
    except ValueError:
        return False
    return True
