"""What requests are about, and how answers speak of it."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from backend.models.sales.customers import CustomerStatus
from backend.models.sales.leads import LeadStatus
from backend.models.tasks.tasks import TaskStatus

_MARKS = re.compile("</?foreign_text>")


class Thing(NamedTuple):
    """A resource. Its tools are named after its word; `facts` are the fields that are shown."""

    word: str
    facts: Sequence[str]
    statuses: type[StrEnum] | None = None

    @property
    def words(self) -> str:
        return f"{self.word}s"


TASK = Thing("task", ("status", "priority", "due_at", "description"), TaskStatus)
CUSTOMER = Thing("customer", ("company", "status", "email", "phone", "notes"), CustomerStatus)
LEAD = Thing("lead", ("company", "status", "email", "source", "notes"), LeadStatus)
PRODUCT = Thing("product", ("sku", "price", "description"))

THINGS = {thing.word: thing for thing in (TASK, CUSTOMER, LEAD, PRODUCT)}
PEOPLE = {word: thing for word, thing in THINGS.items() if "email" in thing.facts}


def name_of(row: dict[str, Any]) -> str:
    name = row.get("title") or row.get("name") or row.get("id") or "one without a name"
    return unmarked(str(name))


def unmarked(text: str) -> str:
    """Without the marks of texts that others have written, which are for models that obey."""
    return _MARKS.sub("", text).strip()


def quoted(row: dict[str, Any]) -> str:
    """The quoted name of a row, which is foreign text."""
    return f'"{name_of(row)}"'


def listed(rows: Sequence[dict[str, Any]]) -> str:
    return ", ".join(
        f"{quoted(row)} ({row['status']})" if row.get("status") else quoted(row) for row in rows
    )


def counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def described(thing: Thing, row: dict[str, Any]) -> str:
    facts = [
        f"{fact.removesuffix('_at')} {_plain(row[fact])}" for fact in thing.facts if row.get(fact)
    ]
    return f"The {thing.word} {quoted(row)}: {'; '.join(facts) or 'nothing else is known'}."


def _plain(value: Any) -> str:
    return " ".join(map(str, value.values())) if isinstance(value, dict) else str(value)
