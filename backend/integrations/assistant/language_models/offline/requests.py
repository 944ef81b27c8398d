"""The requests that are understood, one row each. The first whose wording fits counts.

To add one, write its script in `reading.py` or `changing.py`, and a row here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from backend.integrations.assistant.language_models.offline import changing, reading
from backend.integrations.assistant.language_models.offline.script import Request, Script, say
from backend.integrations.assistant.language_models.offline.things import PEOPLE, THINGS
from backend.integrations.assistant.language_models.offline.words import request_in


@dataclass(frozen=True)
class Kind:
    """The groups of the `wording` are the words that its script is handed."""

    example: str
    wording: str
    script: Callable[[Request], Script]


_CREATE = "(?:create|add|make) (?:an? )?(?:new )?"
_CALLED = ":? (?:called |named )?"
_FIND = "(?:find|show|list|search for|search|look for)(?: me)?(?: all)?(?: the)?"
_READ = "(?:read|show|open|describe)(?: me)? (?:the )?"
_DELETE = "(?:delete|remove) (?:the )?"
_PRIORITY = "(?:(?P<priority>low|normal|high|urgent)(?:[ -]priority)? )?"
NEVER = "(?!)"
_THING = f"(?P<thing>{'|'.join(THINGS)})"
_PERSON = f"(?P<thing>{'|'.join(PEOPLE) or NEVER})"
_THE_TASK = "(?:the )?(?:task )?(?P<what>.+)"
_DONE = "as (?:done|complete|completed|finished)"

KINDS = (
    Kind(
        "Create a task Call Ada tomorrow with high priority",
        rf"{_CREATE}{_PRIORITY}task{_CALLED}(?:to )?(?P<what>.+)",
        changing.create_task,
    ),
    Kind(
        "Create a customer Ada Lovelace with email ada@example.com",
        rf"{_CREATE}{_PERSON}{_CALLED}(?P<what>.+)",
        changing.create_person,
    ),
    Kind(
        "Create a product SEAT called Seat for 240 EUR",
        rf"{_CREATE}product:? (?P<what>.+)",
        changing.create_product,
    ),
    Kind(
        "Complete the task Call Ada",
        rf"(?:complete|finish|tick off) {_THE_TASK}",
        changing.complete,
    ),
    Kind("Mark Call Ada as done", rf"mark {_THE_TASK} {_DONE}", changing.complete),
    Kind(
        "Assign the task Call Ada to me",
        rf"assign {_THE_TASK} to (?P<who>\S+)",
        changing.assign,
    ),
    Kind("Delete the task Call Ada", rf"{_DELETE}task (?P<what>.+)", changing.delete_task),
    Kind(
        "Archive the customer Grace Hopper",
        rf"(?:archive (?:the )?|{_DELETE})customer (?P<what>.+)",
        changing.archive_customer,
    ),
    Kind(
        "Summarise the customer Grace Hopper",
        r"(?:summari[sz]e|sum up|give me a summary of) (?:the )?(?:customer )?(?P<what>.+)",
        reading.summarise,
    ),
    Kind("Read the file offer.txt", rf"{_READ}file (?P<what>.+)", reading.read_file),
    Kind("Show the task Call Ada", rf"{_READ}{_THING} (?P<what>.+)", reading.read),
    Kind(
        "Find customers called Grace",
        rf"{_FIND} {_THING}s?(?: (?:called|named|about|for|with|like))? (?P<what>.+)",
        reading.find,
    ),
    Kind(
        "Show open tasks",
        rf"{_FIND}(?: (?P<status>[a-z]+(?: progress)?))? {_THING}s",
        reading.find,
    ),
    Kind(
        "Search the web for seat prices",
        r"search (?:the )?(?:web|internet)(?: for)? (?P<what>.+)",
        reading.search_web,
    ),
    Kind(
        "Search for offer",
        r"(?:search everything for|search for|search|look for|find) (?P<what>.+)",
        reading.search,
    ),
)


def script_for(prompt: str, today: date | None) -> Script:
    """Return the script of a request; others get one that lists the supported requests."""
    request = request_in(prompt)
    for kind in KINDS:
        if match := re.fullmatch(kind.wording, request, re.IGNORECASE):
            words = {name: value for name, value in match.groupdict().items() if value}
            return kind.script(Request(words, today))
    examples = " ".join(f'"{kind.example}".' for kind in KINDS)
    return say(f"I understand a handful of requests only, such as: {examples}")
