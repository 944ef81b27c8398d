"""Whether a project can have a resource: each refusal names the remedy."""

from collections.abc import Mapping
from pathlib import Path

from backend.models.platform.base import metadata
from backend.repositories.unit_of_work import UnitOfWork
from scaffold.areas import Areas
from scaffold.errors import RefusedError
from scaffold.new.resource import Resource
from scaffold.project import Known

_PATHS = {"auth", "agent", "search", "audit", "health", "metrics", "docs", "redoc", "problems"}

_MOST_OF_NAME = 63
"""PostgreSQL keeps no more of a name."""


def check_possible(root: Path, r: Resource, known: Mapping[str, Known]) -> None:
    """Raises RefusedError."""
    areas = Areas(root)
    areas.check(r.area)
    _check_free(root, r, known)
    _check_fields(r)
    _check_indexes(r)
    _check_itself(r)
    _check_references(r, areas, known)
    _check_actions(r)
    _check_flags(r, areas)


def check_added(root: Path, r: Resource, known: Mapping[str, Known]) -> None:
    """Whether a resource that is there can have these fields, too. Raises RefusedError."""
    _check_fields(r)
    _check_references(r, Areas(root), known)


def _check_free(root: Path, r: Resource, known: Mapping[str, Known]) -> None:
    name, singular = r.names.plural, r.names.singular
    if name in known or name in metadata.tables:
        raise RefusedError(f"There are {r.names.many_words} already: choose another name.")
    for taken in (name, singular):
        if hasattr(UnitOfWork, taken) or taken in _PATHS:
            raise RefusedError(f"The name {taken} has a meaning already: choose another.")
    if any(each.singular == singular or each.cls == r.names.cls for each in known.values()):
        raise RefusedError(f"There is a resource with the singular {singular}: give --singular.")
    for folder in ("models", "services", "api/v1"):
        for path in (root / "backend" / folder).glob(f"*/{name}.py"):
            raise RefusedError(f"{path.relative_to(root)} exists: choose another name.")


def _check_fields(r: Resource) -> None:
    if not r.fields:
        raise RefusedError("Name at least one field, such as title:line.")
    columns = [column for field in r.fields for column in field.columns]
    columns += [action.column for action in r.timed]
    twice = {column for column in columns if columns.count(column) > 1}
    if twice:
        raise RefusedError(f"{', '.join(sorted(twice))}: two fields make this column: rename one.")
    if r.names.singular in columns or "by" in columns or "match" in columns:
        raise RefusedError("A field can't be called as its resource, by or match: rename it.")
    if all(field.is_reference and not field.is_optional for field in r.fields):
        raise RefusedError("All fields are references: add one that can be changed.")


def _check_indexes(r: Resource) -> None:
    """Theirs are names that SQLAlchemy does not shorten."""
    keys = [*r.names_sorted, *r.unique, *([r.exclusive.key] if r.exclusive else [])]
    for field in keys:
        index = f"ix_{r.names.plural}_{field.column}_id"
        if len(index) > _MOST_OF_NAME:
            raise RefusedError(
                f"{field.name}: the name of its index, {index}, has more than "
                f"{_MOST_OF_NAME} characters: shorten the name of the field or the resource."
            )


def _check_itself(r: Resource) -> None:
    for field in r.references:
        if field.target == r.names.plural:
            raise RefusedError(
                f"{field.name}: a resource can't refer to itself here: add the field by hand."
            )


def _check_references(r: Resource, areas: Areas, known: Mapping[str, Known]) -> None:
    for field in r.references:
        if field.target not in known:
            listed = ", ".join(sorted(known))
            raise RefusedError(
                f"{field.name}: there is no resource {field.target!r} to refer to: "
                f"write '{field.name}:ref(NAME)' with one of {listed}."
            )
        is_private = field.target in _PRIVATE
        if is_private:
            raise RefusedError(
                f"{field.name}: {field.target} are private to their owners: "
                "a reference would need a rule; add the field by hand."
            )
    if r.users and not areas.is_above(r.area, "identity"):
        raise RefusedError(f"{r.users[0].name}: the area {r.area} is below identity: use another.")


_PRIVATE = {"modules", "chats", "executions", "notifications", "files"}


def _check_actions(r: Resource) -> None:
    names = [action.name for action in r.actions]
    states = [action.state for action in r.actions]
    if len({*names}) < len(names) or len({*states}) < len(states):
        raise RefusedError("--action: two actions have the same name or state.")
    if r.is_archivable and {"archived", "restored"} & {*states}:
        raise RefusedError("--action: --archivable has these actions already.")


def _check_flags(r: Resource, areas: Areas) -> None:
    if r.search:
        _check_search(r)
        areas.check_above("--search", r.area, "search")
    if r.flags.tool:
        areas.check_above("--tool", r.area, "assistant")
        if not r.search:
            raise RefusedError("--tool: the assistant finds rows by words: add --search FIELDS.")
    if r.flags.sheets:
        _check_sheets(r)
        areas.check_above("--sheets", r.area, "exchange")
    if r.flags.timeline:
        customer = any(field.column == "customer_id" for field in r.references)
        if not customer:
            raise RefusedError("--timeline: add the field customer:ref or customer:ref?.")
        if r.area != "sales":
            areas.check_above("--timeline", r.area, "sales")


def _check_search(r: Resource) -> None:
    for field in r.search:
        if not (field.is_text or field.kind.name == "text"):
            raise RefusedError(f"--search: {field.name} has no words: name line or text fields.")


def _check_sheets(r: Resource) -> None:
    if r.exclusive:
        raise RefusedError(
            "--sheets: an import can't say which of its rows overlap: leave --exclusive or "
            "--sheets out."
        )
    if len(r.users) > 1 or len(r.money) > 1:
        raise RefusedError("--sheets: imports know one user and one amount in a row.")
    other = {field.target for field in r.of_kind("ref")} - {"customers", "leads", "products"}
    if other:
        raise RefusedError(
            f"--sheets: imports can't look up {', '.join(sorted(other))}: add them to `_existing` "
            "in backend/services/exchange/imports/known.py by hand."
        )
