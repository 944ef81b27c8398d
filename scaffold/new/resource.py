"""A resource as it was asked for, checked as a whole, with what templates ask of it."""

import re
from dataclasses import dataclass
from functools import cached_property

from scaffold.errors import RefusedError
from scaffold.names import Names, check_name, participle_of
from scaffold.new.fields import OF_ROWS, Field

_FREES = {"cancelled", "withdrawn", "declined", "rejected"}
"""States in which a row does not take up its time."""


@dataclass(frozen=True)
class Action:
    """`POST /{id}/cancel`. `state` is what the row is then, such as `cancelled`.

    `field` is the enum that has the state; None: the time of the action is kept instead.
    """

    name: str
    state: str
    field: Field | None

    @property
    def column(self) -> str:
        return f"{self.state}_at"

    @property
    def member(self) -> str:
        return self.state.upper()

    @property
    def state_class(self) -> str:
        return "".join(part.capitalize() for part in self.state.split("_"))


@dataclass(frozen=True)
class Exclusive:
    """No two rows with the same `key` overlap between `start` and `end`."""

    key: Field
    start: Field
    end: Field

    @property
    def is_in_days(self) -> bool:
        return self.start.kind.name == "date"


@dataclass(frozen=True)
class Flags:
    """Where the resource is registered beside its own routes."""

    csv: bool = False
    sheets: bool = False
    tool: bool = False
    timeline: bool = False


@dataclass(frozen=True)
class Resource:
    names: Names
    area: str
    fields: tuple[Field, ...]
    actions: tuple[Action, ...] = ()
    exclusive: Exclusive | None = None
    is_archivable: bool = False
    search: tuple[Field, ...] = ()
    flags: Flags = Flags()

    @property
    def area_class(self) -> str:
        return self.area.capitalize()

    @property
    def base(self) -> str:
        """The mixin that counts its changes."""
        return "Archivable" if self.is_archivable else "Versioned"

    @property
    def service_base(self) -> str:
        return "ArchivingService" if self.is_archivable else "CrudService"

    @property
    def query_base(self) -> str:
        return "SearchableQuery" if self.search else "PageQuery"

    def of_kind(self, *kinds: str) -> list[Field]:
        return [field for field in self.fields if field.kind.name in kinds]

    @property
    def money(self) -> list[Field]:
        return self.of_kind("money")

    @property
    def plain(self) -> list[Field]:
        """Those that are one column, the same in bodies and in the table."""
        return [field for field in self.fields if field.kind.name != "money"]

    @property
    def enums(self) -> list[Field]:
        return self.of_kind("enum")

    @property
    def references(self) -> list[Field]:
        return [field for field in self.fields if field.is_reference]

    @property
    def users(self) -> list[Field]:
        return self.of_kind("user")

    @property
    def unique(self) -> list[Field]:
        return [field for field in self.fields if field.is_unique]

    @property
    def needed(self) -> list[Field]:
        return [field for field in self.fields if field.is_needed]

    @property
    def title(self) -> Field | None:
        """What a row is called: its first line that must be given, or else its first key."""
        needed = [field for field in self.fields if not field.is_optional]
        lines = [field for field in needed if field.kind.name == "line"]
        return next(iter(lines or [field for field in needed if field.is_text]), None)

    @cached_property
    def sorts(self) -> list[Field]:
        """Those that are never NULL: the title, what is unique, and the first moment."""
        keys = [field for field in self.unique if not field.is_optional and field != self.title]
        moments = [field for field in self.fields if field.is_moment and not field.is_optional]
        return [*([self.title] if self.title else []), *keys, *moments[:1]]

    @property
    def names_sorted(self) -> list[Field]:
        return [field for field in self.sorts if field.is_text]

    @property
    def filters(self) -> list[Field]:
        kinds = ("enum", "ref", "user", "bool", "date", "datetime", "money")
        return self.of_kind(*kinds)

    @property
    def timed(self) -> list[Action]:
        """Actions whose time is kept."""
        return [action for action in self.actions if action.field is None]

    @property
    def moves(self) -> list[Action]:
        """Actions that change an enum."""
        return [action for action in self.actions if action.field is not None]

    @property
    def has_rules(self) -> bool:
        return bool(self.moves or self.users or self.exclusive)

    @property
    def search_title(self) -> str:
        return " || ' ' || ".join(field.sql for field in self.search if field.is_text) or "''"

    @property
    def search_text(self) -> str:
        texts = [field for field in self.search if not field.is_text]
        return " || ' ' || ".join(field.sql for field in texts) or "''"

    @property
    def frees(self) -> str:
        """The SQL for rows that take up their time; empty: all do."""
        for field in self.enums:
            for choice in field.choices:
                if choice in _FREES:
                    differs = "IS DISTINCT FROM" if field.is_optional else "<>"
                    return f"{field.column} {differs} '{choice}'"
        freeing = (action.column for action in self.timed if action.state in _FREES)
        return next((f"{column} IS NULL" for column in freeing), "")


def parse_action(text: str, fields: tuple[Field, ...], singular: str) -> Action:
    """`cancel`, or `finish:done` with the state. Raises RefusedError."""
    name, _, state = text.partition(":")
    check_name("--action", name)
    if name in _TAKEN_ACTIONS or name in {singular, "now"}:
        raise RefusedError(f"--action: {name} has a meaning already: choose another word.")
    state = state or participle_of(name)
    check_name("--action: the state", state)
    enums = [field for field in fields if state in field.choices and not field.is_optional]
    if any(field.column == name for field in fields):
        raise RefusedError(f"--action: there is a field {name}: choose another word.")
    if not enums and any(f"{state}_at" in field.columns for field in fields):
        raise RefusedError(f"--action: {name} keeps its time in {state}_at: leave that field out.")
    if not enums and f"{state}_at" in OF_ROWS:
        raise RefusedError(f"--action: every row has {state}_at already: name another state.")
    if enums and (enums[0].given_default or enums[0].choices[0]) == state:
        raise RefusedError(
            f"--action: new rows are {state} already: put another choice of "
            f"{enums[0].name} first, or give its default."
        )
    return Action(name, state, enums[0] if enums else None)


_TAKEN_ACTIONS = {
    "archive", "restore", "create", "read", "update", "delete", "page", "facts", "copy", "json",
    "dict", "validate", "bulk", "changes", "columns",
}  # fmt: skip


def parse_exclusive(text: str, fields: tuple[Field, ...]) -> Exclusive:
    """`assignee:starts_at..ends_at`. Raises RefusedError."""
    found = re.fullmatch(r"(\w+):(\w+)\.\.(\w+)", text)
    if found is None:
        raise RefusedError(
            f"--exclusive {text!r}: write it as assignee:starts_at..ends_at: a reference, "
            "and the fields of its beginning and end."
        )
    known = {field.name: field for field in fields}
    for name in found.groups():
        if name not in known:
            raise RefusedError(f"--exclusive: there is no field {name}: add it to the fields.")
    key, start, end = (known[name] for name in found.groups())
    if not key.is_reference:
        raise RefusedError(f"--exclusive: {key.name} must be a reference: a ref or a user.")
    if not start.is_moment or start.kind != end.kind:
        raise RefusedError(
            f"--exclusive: {start.name} and {end.name} must both be datetime, or both date."
        )
    if start.is_optional or start == end:
        raise RefusedError(f"--exclusive: {start.name} must be given: leave its ? out.")
    return Exclusive(key, start, end)
