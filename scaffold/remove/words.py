"""The words of what is removed, which no type checker sees: paths, permissions, columns, kinds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import libcst as cst

from scaffold.remove.syntax import Source, name_of

HISTORY = "SubjectKind"
"""The enum of the audit trail, which keeps what was recorded: its members stay."""
_VERBS = {"find", "create", "read", "update", "delete", "archive", "restore", "make"}
"""What names of tools begin with, before the name of a resource."""


@dataclass(frozen=True)
class Words:
    """
    Attributes:
        texts: what is dead as a whole text, such as `leads`, `lead` and `lead_id`.
        paths: below `/api/v1`, such as `/leads`.
        prefixes: what a text begins with, such as `leads:` or `lead.`.
        members: beginnings of the names of members of enums, such as `LEAD`.
        names: of fields and parameters, such as `lead_id`.
    """

    texts: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def may_be_in(self, text: str) -> bool:
        return bool(self._any.search(text))

    def joined(self, other: "Words") -> "Words":
        return Words(
            self.texts | other.texts,
            self.paths | other.paths,
            self.prefixes | other.prefixes,
            self.members | other.members,
            self.names | other.names,
        )

    def including(self, texts: set[str]) -> "Words":
        return replace(self, texts=self.texts | texts)

    @cached_property
    def _any(self) -> re.Pattern[str]:
        every = {*self.texts, *self.paths, *self.prefixes, *self.members}
        words = "|".join(re.escape(each) for each in sorted(every)) or r"(?!)"
        return re.compile(rf"(?<![a-zA-Z])(?:{words})")

    @cached_property
    def _path(self) -> re.Pattern[str]:
        paths = "|".join(re.escape(each) for each in sorted(self.paths)) or r"(?!)"
        return re.compile(rf"^(?:[A-Z]+ )?(?:/api/v1)?(?:{paths})(?:$|[/?{{ ])")

    def is_dead(self, text: str) -> bool:
        verb, _, thing = text.partition("_")
        return (
            text in self.texts
            or (verb in _VERBS and thing in self.texts)
            or self._path.search(text) is not None
            or any(text.startswith(each) for each in self.prefixes)
        )

    def is_dead_member(self, name: str) -> bool:
        return any(
            name in {each, f"{each}S"} or name.startswith((f"{each}_", f"{each}S_"))
            for each in self.members
        )


def dead_texts(source: Source, words: Words) -> Iterator[cst.CSTNode]:
    """Yield the texts, and the members of enums, that are about what is removed."""
    for node in source.nodes():
        match node:
            case cst.SimpleString() if words.is_dead(_value(node)):
                if not isinstance(source.parent(node), cst.Expr) and not _is_history(source, node):
                    yield node
            case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)):
                if owner == HISTORY and words.is_dead_member(name):
                    yield node
            case cst.FormattedString(parts=[cst.FormattedStringText(value=start), *_]):
                if words.is_dead(start.rstrip("/") if start != "/" else start) or words.is_dead(
                    start
                ):
                    yield node
            case cst.AnnAssign(target=cst.Name(value=name)) if name in words.names:
                yield node.target
            case cst.Param(name=cst.Name(value=name)) if name in words.names:
                yield node.name
            case cst.ClassDef() if _is_enum(node) and node.name.value != HISTORY:
                yield from _members(node, words)


def _is_history(source: Source, node: cst.CSTNode) -> bool:
    around = source.nearest(node, cst.ClassDef)
    return around is not None and around.name.value == HISTORY


def _value(text: cst.SimpleString) -> str:
    value = text.raw_value
    return value if isinstance(value, str) else ""


def _is_enum(of: cst.ClassDef) -> bool:
    return any(name_of(base.value).endswith("Enum") for base in of.bases)


def _members(of: cst.ClassDef, words: Words) -> Iterator[cst.CSTNode]:
    for line in of.body.body:
        if isinstance(line, cst.SimpleStatementLine):
            match line.body[0]:
                case cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value
                ):
                    if words.is_dead_member(name):
                        yield value


def values_of_members(source: Source, words: Words) -> Iterator[str]:
    """Yield the texts of the members of enums that are dead, for those who use them as texts."""
    for node in source.nodes():
        if isinstance(node, cst.ClassDef) and _is_enum(node):
            for value in _members(node, words):
                if isinstance(value, cst.SimpleString):
                    yield _value(value)
