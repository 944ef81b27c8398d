"""A Python file as a syntax tree whose nodes know their place and what is around them."""

from collections.abc import Iterator
from dataclasses import fields
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

import libcst as cst

from scaffold.remove.places import Lines, lines_of_statements

Node = TypeVar("Node", bound=cst.CSTNode)
FUNCTION = (cst.FunctionDef, cst.Lambda)


class Span(NamedTuple):
    """Lines from 1, columns from 0; the end is the place after the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


class Source:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.module = cst.parse_module(text)
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._add_parents(self.module)
        self._lines = text.splitlines()

    def _add_parents(self, node: cst.CSTNode) -> None:
        for child in _children(node):
            self._parents[child] = node
            self._add_parents(child)

    @cached_property
    def _statements(self) -> dict[cst.CSTNode, Lines]:
        return lines_of_statements(self.module, "\n".join(self._lines) + "\n")

    @property
    def dotted(self) -> str:
        """Such as `backend.models.sales.leads`."""
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @property
    def is_test(self) -> bool:
        return self.path.parts[0] == "tests"

    def nodes(self) -> Iterator[cst.CSTNode]:
        return iter(self._parents)

    def within(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield what is in a node, and that in turn."""
        for child in _children(node):
            yield child
            yield from self.within(child)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._parents.get(node)

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield what is around a node, from the inside out."""
        parent = self.parent(node)
        while parent is not None:
            yield parent
            parent = self.parent(parent)

    def nearest(self, node: cst.CSTNode, *wanted: type[Node]) -> Node | None:
        return next((each for each in self.around(node) if isinstance(each, wanted)), None)

    def statement(self, node: cst.CSTNode) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
        """Return the statement that a node is, or is in."""
        for each in (node, *self.around(node)):
            if isinstance(each, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                return each
        raise LookupError(f"{self.path}: a node outside of all statements")

    def lines(self, node: cst.CSTNode) -> Lines:
        """Return the lines of the statement that a node is, or is in."""
        if isinstance(node, cst.SimpleStatementLine):
            node = node.body[0]
        return next(
            self._statements[each]
            for each in (node, *self.around(node))
            if each in self._statements
        )

    def line(self, node: cst.CSTNode) -> int:
        """Return the line that a node begins on."""
        lines = self.lines(node)
        if isinstance(node, cst.BaseStatement | cst.BaseSmallStatement | cst.SimpleStatementLine):
            return lines.first
        begin = self.module.code_for_node(node).strip().split("\n")[0]
        within = range(lines.first, lines.last + 1)
        return next((line for line in within if begin in self._lines[line - 1]), lines.first)

    def shown(self, node: cst.CSTNode) -> str:
        """Return the first line of its text."""
        return self._lines[self.line(node) - 1].strip()

    def statement_at(self, line: int) -> cst.CSTNode | None:
        """Return the innermost statement of a line."""
        found = {
            node: place for node, place in self._statements.items() if place[0] <= line <= place[1]
        }
        return min(found, key=lambda node: found[node].last - found[node].first, default=None)

    def expressions_at(self, span: Span) -> list[cst.CSTNode]:
        """Return the expressions with the text of this span, in the statement that it is in."""
        statement, text = self.statement_at(span.line), self._text(span)
        if statement is None:
            return []
        inner = self._heads(statement)
        return [node for node in inner if _joined(self.module.code_for_node(node)) == text]

    def _heads(self, statement: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the expressions of a statement, but not those of the statements within it."""
        for child in _children(statement):
            if isinstance(child, cst.BaseSuite | cst.Else | cst.Finally | cst.ExceptHandler):
                continue
            if isinstance(child, cst.BaseExpression):
                yield child
            yield from self._heads(child)

    def _text(self, span: Span) -> str:
        lines = self._lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column]
        lines[0] = lines[0][span.column :]
        return _joined("\n".join(lines))


def _joined(code: str) -> str:
    """Without whitespace: a node by itself is not indented as it is in its block."""
    return "".join(code.split())


@cache
def _parts(node: type[cst.CSTNode]) -> tuple[str, ...]:
    """The names of the fields that hold code, in the order of their text."""
    names = [each.name for each in fields(node) if not _is_layout(each.name)]
    return tuple(sorted(names, key=lambda name: name in {"body", "orelse"}))


def _is_layout(name: str) -> bool:
    return "whitespace" in name or name in {"leading_lines", "header", "footer", "lpar", "rpar"}


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for name in _parts(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, list | tuple):
            yield from (each for each in value if isinstance(each, cst.CSTNode))


def name_of(node: cst.CSTNode) -> str:
    """Return the last part of a dotted name; an empty text for anything else."""
    match node:
        case cst.Name():
            return node.value
        case cst.Attribute():
            return node.attr.value
        case cst.Subscript():
            return name_of(node.value)
        case cst.Call():
            return name_of(node.func)
        case _:
            return ""


def dotted_name(node: cst.CSTNode | None) -> str:
    """Such as `backend.models`; an empty text for anything else."""
    match node:
        case cst.Name():
            return node.value
        case cst.Attribute():
            return f"{dotted_name(node.value)}.{node.attr.value}"
        case _:
            return ""
