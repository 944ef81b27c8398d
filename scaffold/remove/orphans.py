"""What was only there for what is gone: functions, classes and constants that nobody names now."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import libcst as cst

from scaffold.remove.syntax import Source, name_of

_TOKEN = re.compile(r"\b[a-zA-Z_]\w{2,}\b")
_DEFINED = re.compile(
    r"\b(?:def|class) (\w+)|^(\w+)(?:: [^=\n]+)? = |^    (\w+): (?=[\w.\[\], |]+ = )", re.MULTILINE
)
_ELSEWHERE = ("scaffold/new/*.py", "scaffold/templates/**/*.jinja", "alembic/env.py")
_HARMLESS = {"property", "staticmethod", "classmethod", "dataclass", "asynccontextmanager", "cache"}


def mentions(texts: Iterable[str]) -> Counter[str]:
    """Count the words of all files."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(_TOKEN.findall(text))
    return found


def needed_elsewhere(root: Path) -> set[str]:
    """Return the names that migrations use, and that code of new resources may use later."""
    paths = (path for each in _ELSEWHERE for path in root.glob(each))
    return {*mentions(path.read_text() for path in paths)}


def orphaned(before: Counter[str], texts: list[str]) -> set[str]:
    """Return the names that were mentioned more often before, and are only defined by now."""
    now, defined = mentions(texts), Counter[str]()
    for text in texts:
        defined.update("".join(found) for found in _DEFINED.findall(text))
    return {
        name
        for name, count in defined.items()
        if now[name] == count < before[name] and not name.startswith(("test_", "__"))
    }


def definitions_of(
    source: Source, names: set[str]
) -> Iterator[cst.FunctionDef | cst.ClassDef | cst.Assign | cst.AnnAssign]:
    """Yield the definitions of these names, but those that something else finds by itself."""
    for node in source.nodes():
        match node:
            case cst.FunctionDef(name=cst.Name(value=name)) | cst.ClassDef(
                name=cst.Name(value=name)
            ) if (name in names):
                harmless = all(name_of(each.decorator) in _HARMLESS for each in node.decorators)
                if harmless and not _may_override(source, node) and not _is_table(node):
                    yield node
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                if name in names and source.nearest(node, *_INNER) is None:
                    yield node
            case cst.AnnAssign(target=cst.Name(value=name)):
                if name in names and _is_setting(source, node):
                    yield node


def _is_table(node: cst.FunctionDef | cst.ClassDef) -> bool:
    """Migrations find tables without naming them."""
    keywords = node.keywords if isinstance(node, cst.ClassDef) else ()
    return any(each.keyword is not None and each.keyword.value == "table" for each in keywords)


def _is_setting(source: Source, node: cst.CSTNode) -> bool:
    """Other fields may be read without being named."""
    owner = source.nearest(node, cst.ClassDef)
    return owner is not None and owner.name.value.endswith("Settings")


def _may_override(source: Source, node: cst.CSTNode) -> bool:
    """Is it in a class whose base class, perhaps of a library, may call it?"""
    owner = source.nearest(node, cst.ClassDef)
    return owner is not None and any(name_of(base.value) != "Protocol" for base in owner.bases)


_INNER = (cst.FunctionDef, cst.ClassDef)
