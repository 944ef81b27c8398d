"""Scripts that change nothing.

They repeat names, statuses and numbers from results of tools, and never follow instructions in
them.
"""

from collections import Counter

from backend.integrations.assistant.language_models.offline.finding import (
    Row,
    only,
    rows_in,
    the_one,
)
from backend.integrations.assistant.language_models.offline.script import (
    Call,
    Request,
    Script,
    UnclearError,
)
from backend.integrations.assistant.language_models.offline.things import (
    CUSTOMER,
    TASK,
    THINGS,
    Thing,
    counted,
    described,
    listed,
    quoted,
    unmarked,
)

_MAX_LISTED = 10
_MAX_QUOTED = 300
_SAME_STATUS = {"finished": "done", "completed": "done", "canceled": "cancelled"}


def find(asked: Request) -> Script:
    thing = THINGS[asked.words["thing"]]
    arguments: Row = {"q": asked.what or None}
    if "status" in asked.words:
        arguments |= _of_status(thing, asked.words["status"])
    found = yield Call(f"find_{thing.words}", arguments | {"limit": _MAX_LISTED})
    rows = rows_in(found)
    if not rows:
        return f"I found no such {thing.words}."
    more = " There are more." if found.get("has_more") else ""
    return f"I found {counted(len(rows), thing.word)}: {listed(rows)}.{more}"


def _of_status(thing: Thing, word: str) -> Row:
    if thing is TASK and word.lower() == "overdue":
        return {"overdue": True}
    status = word.lower().replace(" ", "_")
    status = _SAME_STATUS.get(status, status)
    known = list(thing.statuses or ())
    if status not in known:
        choice = f"They can be {', '.join(known)}." if known else "They have no status."
        raise UnclearError(f'I do not know which {thing.words} are "{word}". {choice}')
    return {"status": [status]}


def read(asked: Request) -> Script:
    thing = THINGS[asked.words["thing"]]
    row = yield from the_one(thing, asked.what)
    row = yield Call(f"read_{thing.word}", {f"{thing.word}_id": row["id"]})
    return described(thing, row)


def summarise(asked: Request) -> Script:
    row = yield from the_one(CUSTOMER, asked.what)
    timeline = yield Call("customer_timeline", {"customer_id": row["id"]})
    entries = rows_in(timeline, "entries")
    customer = timeline.get("customer") or row
    return " ".join([described(CUSTOMER, customer), _what_happened(entries)])


def _what_happened(entries: list[Row]) -> str:
    if not entries:
        return "Nothing has happened yet."
    kinds = Counter(str(entry.get("kind")) for entry in entries)
    counts = ", ".join(counted(number, kind) for kind, number in sorted(kinds.items()))
    latest = max(entries, key=lambda entry: str(entry.get("created_at")))
    day = str(latest.get("created_at"))[:10]
    unfinished = sum(entry.get("status") in {"open", "in_progress"} for entry in entries)
    return (
        f"On its timeline: {counts}, of which {unfinished} unfinished. "
        f"The latest is the {latest.get('kind')} {quoted(latest)} of {day}."
    )


def search(asked: Request) -> Script:
    what = asked.what
    found = yield Call("search", {"q": what})
    groups = [
        f"{group.get('kind')}: {listed(hits)}"
        for group in rows_in(found, "groups")
        if (hits := rows_in(group, "hits"))
    ]
    return f"I found {'; '.join(groups)}." if groups else f'I found nothing for "{what}".'


def read_file(asked: Request) -> Script:
    found = yield Call("search", {"q": asked.what})
    groups = rows_in(found, "groups")
    files = [
        hit for group in groups if group.get("kind") == "files" for hit in rows_in(group, "hits")
    ]
    file = yield Call("read_file", {"file_id": only(files, "files", asked.what)["id"]})
    text = unmarked(str(file.get("foreign_text", "")))
    begins = " ".join(text.split())[:_MAX_QUOTED]
    return f'The file {quoted(file)} has {counted(len(text), "character")}. It begins: "{begins}"'


def search_web(asked: Request) -> Script:
    what = asked.what
    found = yield Call("search_web", {"query": what})
    hits = ", ".join(f"{quoted(hit)} ({hit.get('url')})" for hit in rows_in(found, "hits"))
    return f"On the web I found {hits}." if hits else f'The web has nothing for "{what}".'
