"""Fields as they are given on the command line: `name:kind`, with `?`, `!` and `=default`."""

import re
from dataclasses import dataclass
from functools import cached_property

from sqlmodel import SQLModel

from backend.models.platform.mixins import Archivable, Timestamped
from scaffold.errors import RefusedError
from scaffold.names import check_name, class_of, with_article, words_of
from scaffold.new.kinds import KINDS, Kind

_FIELD = re.compile(
    r"(?P<name>[^:]+):(?P<kind>[a-z]+)"
    r"(?:\((?P<inside>[^()]*)\)|:(?P<behind>[\w,]+))?"
    r"(?P<marks>[?!]*)(?:=(?P<default>.+))?"
)
_OF_LISTS = {"sort", "limit", "cursor", "total", "q", "archived", "created_after", "created_before"}
OF_ROWS = {"id", "version", "created_at", "updated_at", "archived_at", "search", "relevance"}
"""The columns of every row, and what sorts and searches know."""
_MAX_NAME = 40


@dataclass(frozen=True)
class Field:
    """One field. `owner` is the class of its resource, such as `Appointment`."""

    owner: str
    name: str
    kind: Kind
    is_optional: bool
    is_unique: bool
    choices: tuple[str, ...]
    target: str
    given_default: str

    @property
    def is_reference(self) -> bool:
        return self.kind.name in {"ref", "user"}

    @property
    def column(self) -> str:
        return f"{self.name}_id" if self.is_reference else self.name

    @property
    def columns(self) -> list[str]:
        if self.kind.name == "money":
            return [self.name, f"{self.name}_amount", f"{self.name}_currency"]
        return [self.column]

    @property
    def type(self) -> str:
        if self.kind.name == "enum":
            return f"{self.owner}{class_of(self.name)}"
        return self.kind.type

    @property
    def shown_type(self) -> str:
        """The type in answers: what was normalised on its way in is not again on its way out."""
        return self.kind.shown_type or self.type

    @property
    def nullable_type(self) -> str:
        return f"{self.type} | None" if self.is_optional else self.type

    @property
    def stored_type(self) -> str:
        stored = self.kind.stored_type or self.type
        return f"{stored} | None" if self.is_optional else stored

    @cached_property
    def default(self) -> str | None:
        """The code of its default; None if it must be given."""
        if self.kind.name == "enum" and not self.is_optional:
            return f"{self.type}.{(self.given_default or self.choices[0]).upper()}"
        if self.kind.name == "bool":
            return str(self.given_default == "true")
        if self.kind.name == "text":
            return '""'
        return "None" if self.is_optional else None

    @property
    def stored_default(self) -> str:
        """Its default as SQL stores it; empty for a text."""
        if self.kind.name == "enum":
            return self.given_default or self.choices[0]
        return (self.given_default or "false") if self.kind.name == "bool" else ""

    @property
    def is_needed(self) -> bool:
        """Whether a body must have it."""
        return self.default is None

    @property
    def words(self) -> str:
        return words_of(self.name)

    @property
    def a(self) -> str:
        return with_article(self.words)

    @property
    def stem(self) -> str:
        """Without `_at` or `_on`: `starts` has the filters `starts_after` and `starts_before`."""
        return re.sub(r"_(at|on)$", "", self.name)

    @property
    def spans(self) -> list[str]:
        """The parameters of lists that say from when until when."""
        return [f"{self.stem}_after", f"{self.stem}_before"] if self.is_moment else []

    @property
    def is_moment(self) -> bool:
        return self.kind.name in {"date", "datetime"}

    @property
    def is_text(self) -> bool:
        return self.kind.name in {"line", "sku", "email", "url"}

    @property
    def sql(self) -> str:
        """The column as text that is never NULL."""
        return f"coalesce({self.column}, '')" if self.is_optional else self.column

    @property
    def unique_sql(self) -> str:
        return f"lower({self.column})"


def parse_field(text: str, owner: str) -> Field:
    """Raises RefusedError, which names the field and the remedy."""
    found = _FIELD.fullmatch(text)
    if found is None:
        raise RefusedError(
            f"The field {text!r} is not name:kind, such as title:line, location:line? (optional), "
            "'status:enum(planned,done)', 'customer:ref' or 'sku:sku!' (unique)."
        )
    name, kind_name = found["name"], found["kind"]
    if kind_name not in KINDS:
        raise RefusedError(
            f"{name}: there is no kind {kind_name!r}: use {', '.join(sorted(KINDS))}."
        )
    arguments = [part.strip() for part in (found["inside"] or found["behind"] or "").split(",")]
    field = Field(
        owner=owner,
        name=name,
        kind=KINDS[kind_name],
        is_optional="?" in found["marks"],
        is_unique="!" in found["marks"],
        choices=tuple(arguments) if kind_name == "enum" else (),
        target=_target(name, kind_name, arguments),
        given_default=found["default"] or "",
    )
    _check(field, [each for each in arguments if each])
    return field


def _target(name: str, kind: str, arguments: list[str]) -> str:
    if kind == "user":
        return "users"
    return (arguments[0] or f"{name}s") if kind == "ref" else ""


def _check(field: Field, arguments: list[str]) -> None:
    name = field.name
    check_name("The field", name, most=_MAX_NAME)
    for column in field.columns:
        if column in OF_ROWS:
            raise RefusedError(f"{name}: every row has {column} already: leave it out.")
        owned = hasattr(SQLModel, column) or hasattr(Archivable, column)
        if owned or hasattr(Timestamped, column) or column.startswith(("model_", "sa_")):
            raise RefusedError(f"{name}: models have an attribute {column}: rename the field.")
    for parameter in (*field.columns, *field.spans):
        if parameter in _OF_LISTS:
            raise RefusedError(
                f"{name}: every list has the parameter {parameter}: rename the field."
            )
    if arguments and field.kind.name not in {"enum", "ref"}:
        raise RefusedError(f"{name}: {field.kind.name} takes nothing in parentheses.")
    _check_marks(field)
    _check_choices(field, arguments)
    _check_default(field)


def _check_marks(field: Field) -> None:
    kind = field.kind.name
    if field.is_optional and kind in {"bool", "text"}:
        why = "is true or false" if kind == "bool" else "may be empty anyway"
        raise RefusedError(f"{field.name}: a {kind} {why}: leave the ? out.")
    if field.is_unique and not field.is_text:
        raise RefusedError(f"{field.name}: only line, sku, email and url can be unique (!).")


def _check_choices(field: Field, arguments: list[str]) -> None:
    if field.kind.name != "enum":
        return
    if not arguments:
        raise RefusedError(f"{field.name}: name the choices, as in '{field.name}:enum(open,done)'.")
    for choice in arguments:
        check_name(f"{field.name}: the choice", choice)
    if len(set(arguments)) < len(arguments):
        raise RefusedError(f"{field.name}: a choice is named twice.")
    if len(arguments) == 1 and not field.is_optional:
        raise RefusedError(f"{field.name}: name two choices or more, or make it optional (?).")


def _check_default(field: Field) -> None:
    default = field.given_default
    if not default:
        return
    if field.kind.name == "bool":
        if default not in {"true", "false"}:
            raise RefusedError(f"{field.name}: the default of a bool is true or false.")
    elif field.kind.name == "enum":
        if default not in field.choices or field.is_optional:
            raise RefusedError(
                f"{field.name}: the default must be one of {', '.join(field.choices)}, "
                "and the field not optional."
            )
    else:
        raise RefusedError(f"{field.name}: only bool and enum take a default (=).")
