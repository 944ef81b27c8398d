"""Where the statements of a syntax tree stand: Python's own parser says so in a moment.

LibCST can say it too, for every node, but takes as long for that as for all else together.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst

_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")
"""The blocks of compound statements, in the order of their text, as both parsers call them."""


class Lines(NamedTuple):
    first: int
    last: int


def lines_of_statements(module: cst.Module, text: str) -> dict[cst.CSTNode, Lines]:
    """Return the lines of every statement, small ones included."""
    pairs = zip(_of_cst(module.body), _of_ast(ast.parse(text).body), strict=True)
    return {node: _lines(other) for node, other in pairs}


def _lines(statement: ast.stmt) -> Lines:
    decorators = getattr(statement, "decorator_list", [])
    first = min(each.lineno for each in (statement, *decorators))
    return Lines(first, statement.end_lineno or statement.lineno)


def _of_ast(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in block:
        yield statement
        for name in _BLOCKS:
            inner = getattr(statement, name, [])
            if name in {"handlers", "cases"}:
                for each in inner:
                    yield from _of_ast(each.body)
            else:
                yield from _of_ast(inner)


def _of_cst(block: object) -> Iterator[cst.CSTNode]:
    assert isinstance(block, list | tuple)
    for statement in block:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        elif isinstance(statement, cst.BaseSmallStatement):
            yield statement
        else:
            yield from _of_compound(statement)


def _of_compound(statement: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield statement
    for name in _BLOCKS:
        inner = getattr(statement, name, None)
        match inner:
            case cst.If():
                yield from _of_compound(inner)
            case cst.Else() | cst.Finally():
                yield from _of_cst(inner.body.body)
            case cst.BaseSuite():
                yield from _of_cst(inner.body)
            case list() | tuple():
                for each in inner:
                    yield from _of_cst(each.body.body)
