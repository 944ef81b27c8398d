"""Gives classes whose base class is gone the bases that it had: units of work inherit in a row."""

import re
from collections.abc import Iterable

import libcst as cst

from scaffold.remove.dead import Dead
from scaffold.remove.finding import dead_imports
from scaffold.remove.syntax import Source

_DEPTH = 8
Base = tuple[str, str]
"""The module and the name of a class."""


def splice_bases(source: Source, dead: Dead) -> str | None:
    """Return the code of the file with other bases; None if it has no class with such a base."""
    gone = {name: _alive(dead, (module, name)) for module, name in dead.bases}
    local = {name for _, name in dead_imports(source, dead)}
    splicer = _Splicer(
        {name: bases for name, bases in gone.items() if name in local and bases}, dead.ancestors
    )
    changed = source.module.visit(splicer)
    if not splicer.used:
        return None
    lines = [cst.parse_statement(f"from {module} import {name}") for module, name in splicer.used]
    place = next(i for i, each in enumerate(changed.body) if _is_import(each))
    body = [*changed.body[:place], *lines, *changed.body[place:]]
    return changed.with_changes(body=body).code


def _alive(dead: Dead, base: Base) -> list[Base]:
    """Return the nearest bases of a class that are still there."""
    own = dead.bases.get(base)
    if own is None:
        return [base]
    return [*dict.fromkeys(each for inner in own for each in _alive(dead, inner))]


def ancestors(texts: Iterable[str]) -> dict[str, set[str]]:
    """Return all that each class of some files inherits from, by name."""
    direct = {
        name: set(re.findall(r"\w+", bases)) - {"Protocol"}
        for text in texts
        for name, bases in re.findall(r"^class (\w+)\(([\w, \n]*)\):", text, re.MULTILINE)
    }
    found = direct
    for _ in range(_DEPTH):
        found = {
            name: bases.union(*(found.get(base, set()) for base in bases))
            for name, bases in found.items()
        }
    return found


def _is_import(statement: cst.BaseStatement | cst.SimpleStatementLine) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[0], cst.ImportFrom
    )


class _Splicer(cst.CSTTransformer):
    def __init__(self, gone: dict[str, list[Base]], ancestors: dict[str, set[str]]) -> None:
        super().__init__()
        self._ancestors = ancestors
        self._gone = gone
        self.used: dict[Base, None] = {}

    def leave_ClassDef(  # noqa: N802  # libcst calls it by the name of the node
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        bases = [base for base in updated_node.bases if _name(base) not in self._gone]
        kept = {_name(base) for base in bases}
        above = set[str]().union(*(self._ancestors.get(name, set()) for name in kept))
        place = 0
        for base in updated_node.bases:
            for inherited in self._gone.get(_name(base), ()):
                if inherited[1] not in above | kept:
                    self.used[inherited] = None
                    bases.insert(place, cst.Arg(cst.Name(inherited[1])))
                    kept.add(inherited[1])
                    place += 1
            place += _name(base) not in self._gone
        if len(bases) == len(updated_node.bases) and not self._gone.keys() & _names(updated_node):
            return updated_node
        return updated_node.with_changes(bases=bases)


def _name(base: cst.Arg) -> str:
    return base.value.value if isinstance(base.value, cst.Name) else ""


def _names(of: cst.ClassDef) -> set[str]:
    return {base.value.value for base in of.bases if isinstance(base.value, cst.Name)}
