"""Additions to Python files by their syntax tree. Each refuses what is there already."""

from collections.abc import Callable

import libcst as cst
from libcst import matchers as m

from scaffold.errors import RefusedError
from scaffold.transformers import (
    FIRST,
    Elements,
    InCall,
    Keywords,
    Members,
    Once,
    Parameters,
    Returned,
    Statements,
    Union,
    code_of,
    head_of,
)

Edit = Callable[[str], str]


def import_from(module: str, name: str) -> Edit:
    """Add `from module import name`; the formatter sorts it. Twice is once."""
    statement = f"from {module} import {name}"

    def edit(source: str) -> str:
        tree = cst.parse_module(source)
        places = [at for at, each in enumerate(tree.body) if _is_import(each)]
        at = places[-1] + 1 if places else _after_docstring(tree)
        line = cst.parse_statement(statement)
        body = [*tree.body[:at], line, *tree.body[at:]]
        return tree.with_changes(body=body).code

    return edit


def member(class_name: str, code: str, *, after: str | None = None) -> Edit:
    """Add a statement to a class: behind the last one whose code contains `after`, or at the end.

    Raises RefusedError if the class has it.
    """
    return lambda source: _to_class(source, class_name, code, after)


def first_member(class_name: str, code: str) -> Edit:
    """Add a statement to a class, before its others but behind its docstring."""
    return lambda source: _to_class(source, class_name, code, FIRST)


def members_of(code: str) -> list[str]:
    """Split indented code of a class into its statements."""
    parsed = cst.ensure_type(
        cst.parse_statement(f"class C:\n{code.strip(chr(10))}\n"), cst.ClassDef
    )
    return [code_of(each).strip() for each in parsed.body.body]


def element(variable: str, code: str) -> Edit:
    """Add an element at the end of a tuple, list, set or dict that a module-level name has."""

    def edit(source: str) -> str:
        return _changed(source, Elements(variable, code), f"{variable} has no {code}")

    return edit


def returned(function: str, code: str) -> Edit:
    """Add an element to the dict that a function returns."""

    def edit(source: str) -> str:
        return _changed(source, Returned(function, code), f"{function} returns no dict")

    return edit


def parameter(function: str, code: str) -> Edit:
    """Add a parameter behind the others of a function."""

    def edit(source: str) -> str:
        return _changed(source, Parameters(function, code), f"there is no function {function}")

    return edit


def union(variable: str, name: str) -> Edit:
    """Add a type to a union that has a name."""

    def edit(source: str) -> str:
        return _changed(source, Union(variable, name), f"there is no union {variable}")

    return edit


def keyword(function: str, callee: str, code: str) -> Edit:
    """Add an argument to the calls of `callee` within a function."""

    def edit(source: str) -> str:
        return _changed(source, Keywords(function, callee, code), f"no {callee}(...) in {function}")

    return edit


def in_method(class_name: str, method: str, code: str, *, first: bool = False) -> Edit:
    """Add a statement at the end of a method, or else behind its docstring."""

    def edit(source: str) -> str:
        problem = f"there is no {class_name}.{method}"
        return _changed(source, Statements(class_name, method, code, first=first), problem)

    return edit


def statement(code: str, *, before: str) -> Edit:
    """Add a statement to the module, before the first whose code begins with `before`."""

    def edit(source: str) -> str:
        tree = cst.parse_module(source)
        _refuse_if_there(source, code)
        places = [
            at for at, each in enumerate(tree.body) if code_of(each).lstrip().startswith(before)
        ]
        if not places:
            raise RefusedError(f"There is no statement that begins with {before!r}.")
        new = list(cst.parse_module(code).body)
        body = [*tree.body[: places[0]], *new, *tree.body[places[0] :]]
        return tree.with_changes(body=body).code

    return edit


def appended(code: str) -> Edit:
    """Add code behind everything else. Raises RefusedError if its first line is there."""

    def edit(source: str) -> str:
        _refuse_if_there(source, code)
        return f"{source.rstrip()}\n\n\n{code.strip()}\n"

    return edit


def in_call(callee: str, mark: str, name: str, code: str) -> Edit:
    """Add an element to a tuple that is an argument of one call: that which has `mark`."""

    def edit(source: str) -> str:
        problem = f"no {callee} has {mark}"
        return _changed(source, InCall(callee, mark, name, code), problem)

    return edit


def _to_class(source: str, class_name: str, code: str, after: str | None) -> str:
    edit = Members(class_name, code, after)
    return _changed(source, edit, f"there is no class {class_name}")


def _changed(source: str, edit: Once, problem: str) -> str:
    tree = cst.parse_module(source).visit(edit)
    if not edit.is_done:
        raise RefusedError(f"The project is not as expected: {problem}.")
    return tree.code


def _refuse_if_there(source: str, code: str) -> None:
    head = head_of(code)
    if head in source.splitlines():
        raise RefusedError(f"There is already: {head}")


def _is_import(node: cst.CSTNode) -> bool:
    return m.matches(
        node, m.SimpleStatementLine(body=[m.ImportFrom() | m.Import(), m.ZeroOrMore()])
    )


def _after_docstring(tree: cst.Module) -> int:
    return 1 if tree.get_docstring() is not None else 0
