"""What a module, or a class of it, defines twice: the second would hide the first in silence."""

import ast
from collections import Counter
from collections.abc import Iterator


def defined_twice(before: str, after: str) -> list[str]:
    """Return the names that a changed module defines more often than once, and than it did.

    A member of a class is `RoomQuery.starts_after`.
    """
    old, new = Counter(_defined(before)), Counter(_defined(after))
    return [name for name, times in new.items() if times > max(old[name], 1)]


def _defined(text: str) -> Iterator[str]:
    for node in ast.parse(text).body:
        yield from _names_of(node)
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{name}" for each in node.body for name in _names_of(each))


def _names_of(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            yield node.name
        case ast.Import() | ast.ImportFrom():
            yield from (each.asname or each.name for each in node.names)
        case ast.Assign():
            yield from (each.id for each in node.targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
