"""Scripts that change something."""

import re
from datetime import date
from typing import Any

from backend.integrations.assistant.language_models.offline.finding import the_one
from backend.integrations.assistant.language_models.offline.options import OF_PERSON, OF_TASK
from backend.integrations.assistant.language_models.offline.script import (
    Call,
    Request,
    Result,
    Script,
    UnclearError,
)
from backend.integrations.assistant.language_models.offline.things import CUSTOMER, TASK, quoted
from backend.integrations.assistant.language_models.offline.words import (
    cut_options,
    day_in,
    unquoted,
)

_PRODUCT = re.compile(
    r"(?P<sku>\S+),? (?:called|named) (?P<name>.+) "
    r"(?:for|at) (?P<amount>\d+(?:\.\d+)?) (?P<currency>[A-Z]{3})",
    re.IGNORECASE,
)
_DUE_TIME = "12:00:00Z"
"""The same day almost everywhere."""


def create_task(asked: Request) -> Script:
    title, said = cut_options(asked.words["what"], OF_TASK)
    task: dict[str, Any] = {"title": title}
    if priority := said.get("priority") or asked.words.get("priority"):
        task["priority"] = priority.lower()
    if "due" in said:
        task["due_at"] = _due_at(said["due"], asked.today)
    if "customer" in said:
        task["customer_id"] = (yield from the_one(CUSTOMER, said["customer"]))["id"]
    return _created("task", (yield Call("create_task", task)), title)


def _due_at(word: str, today: date | None) -> str:
    try:
        return f"{day_in(word, today)}T{_DUE_TIME}"
    except ValueError:
        raise UnclearError(f'When is "{word}"? Say the day as in 2026-11-21.') from None


def create_person(asked: Request) -> Script:
    """Somebody of `PEOPLE`."""
    name, said = cut_options(asked.words["what"], OF_PERSON)
    created = yield Call(f"create_{asked.words['thing']}", {"name": name, **said})
    return _created(asked.words["thing"], created, name)


def create_product(asked: Request) -> Script:
    said = _PRODUCT.fullmatch(asked.words["what"])
    if said is None:
        raise UnclearError('Say it as in "Create a product SEAT called Seat for 240 EUR".')
    name = unquoted(said["name"])
    price = {"amount": said["amount"], "currency": said["currency"].upper()}
    created = yield Call("create_product", {"sku": said["sku"], "name": name, "price": price})
    return _created("product", created, name)


def _created(word: str, row: Result, name: str) -> str:
    return f'I have created the {word} {quoted({"name": name} | row)}. Its id is {row.get("id")}.'


def complete(asked: Request) -> Script:
    task = yield from the_one(TASK, asked.what)
    done = yield Call("complete_task", {"task_id": task["id"]})
    return f"I have completed the task {quoted(task | done)}."


def assign(asked: Request) -> Script:
    who = asked.words["who"].lower()
    if who in {"me", "myself"}:
        who = "me"
    elif "@" not in who:
        raise UnclearError("Whom? Say an e-mail address, or me.")
    task = yield from the_one(TASK, asked.what)
    assigned = yield Call("assign_task", {"task_id": task["id"], "assignee": who})
    return f"I have assigned the task {quoted(task | assigned)} to {'you' if who == 'me' else who}."


def delete_task(asked: Request) -> Script:
    task = yield from the_one(TASK, asked.what)
    result = yield Call("delete_task", {"task_id": task["id"]})
    return _to_confirm(result) or f"I have deleted the task {quoted(task)}."


def archive_customer(asked: Request) -> Script:
    customer = yield from the_one(CUSTOMER, asked.what)
    result = yield Call("archive_customer", {"customer_id": customer["id"]})
    return _to_confirm(result) or f"I have archived the customer {quoted(customer)}."


def _to_confirm(result: Result) -> str | None:
    """None if it was done at once."""
    if not (action_id := result.get("action_id")):
        return None
    return (
        f"Nothing is done yet, as this can't be undone easily: {result.get('plan')} "
        f"To have it done, confirm the action {action_id} before {result.get('expires_at')}."
    )
