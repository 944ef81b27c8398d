"""What is removed: its own files, and the words by which others mention it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from shutil import rmtree

import libcst as cst

from scaffold.declarations import Area
from scaffold.errors import RefusedError
from scaffold.remove.dead import Dead
from scaffold.remove.syntax import dotted_name, name_of
from scaffold.remove.words import Words

CODE = ("backend", "tests", "benchmarks", "evaluations")
_TABLE = re.compile(r'__tablename__ = "(\w+)"')
_PREFIX = re.compile(r'ResourceRouter\(\s*prefix="(/[\w-]+)"')
_KIND = re.compile(r"SubjectKind\.([A-Z_]+)")


@dataclass(frozen=True)
class Subject:
    """
    Attributes:
        name: of the resource or the area.
        files: its own ones, relative to the root of the project.
    """

    name: str
    files: tuple[Path, ...]
    words: Words


def of_resource(root: Path, area: Area, name: str) -> Subject:
    """Raises RefusedError if the area has no such resource."""
    if not (root / "backend" / "models" / area.name / f"{name}.py").exists():
        raise RefusedError(f"There is no resource {name!r} in {area.name}.")
    one = name.removesuffix("s")
    tests = (f"test_{name}.py", f"test_{name}_*.py", f"test_{one}_*.py")
    files = [
        path
        for path in _python(root)
        if (path.name == f"{name}.py" and _is_beside(path, area))
        or (path.parts[0] == "tests" and area.name in path.parts and _fits(path, tests))
    ]
    every = dict.fromkeys([*files, *_matching(root, [_page(name), *area.own.get(name, ())])])
    return _subject(root, name, [*every], identifiers=[f"{one}_id"])


def of_area(root: Path, area: Area) -> Subject:
    """Everything in the packages of an area, and what its declaration names."""
    seeds = {Path("backend/seeds", f"{each}.py") for each in area.every_seed}
    tests = {Path("tests/integration/cli", f"test_seed_{each}.py") for each in area.every_seed}
    files = [path for path in _python(root) if area.name in path.parts[1:-1]]
    pages = [*area.pages, *map(_page, area.resources)]
    named = _matching(root, [*area.files, *pages, *chain(*area.own.values())])
    every = [*files, *sorted(seeds | tests), *named]
    there = [each for each in dict.fromkeys(every) if (root / each).exists()]
    return _subject(root, area.name, there, members=[area.name.upper()])


def _page(resource: str) -> str:
    return f"docs/use/{resource.replace('_', '-')}.md"


def _matching(root: Path, patterns: Iterable[str]) -> list[Path]:
    found = (path for pattern in patterns for path in sorted(root.glob(pattern)))
    return [path.relative_to(root) for path in found if path.is_file()]


def _is_beside(path: Path, area: Area) -> bool:
    """Is it in a package of the area, among the seeds or among the tools of the assistant?"""
    return area.name in path.parts or path.parent.name in {"seeds", "tools"}


def _fits(path: Path, patterns: Iterable[str]) -> bool:
    return any(path.match(each) for each in patterns)


def _python(root: Path) -> Iterator[Path]:
    for folder in CODE:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root)


def _subject(
    root: Path,
    name: str,
    files: list[Path],
    identifiers: Iterable[str] = (),
    members: Iterable[str] = (),
) -> Subject:
    texts = [(root / path).read_text() for path in files if path.parts[0] == "backend"]
    tables = {each for text in texts for each in _TABLE.findall(text)}
    paths = {each for text in texts for each in _PREFIX.findall(text)}
    singular = {each.removesuffix("s") for each in tables}
    columns = {*identifiers, *(f"{each}_id" for each in singular)}
    fixtures = {_dotted(path) for path in files if path.parts[:2] == ("tests", "fixtures")}
    words = Words(
        texts=frozenset(
            {*tables, *singular, *columns, *(f"{each}.id" for each in tables), *fixtures}
        ),
        paths=frozenset(paths),
        prefixes=frozenset(
            {f"{name}:", *(f"{each}:" for each in tables), *(f"{each}." for each in singular)}
        ),
        members=frozenset({*members, *(each.upper() for each in singular)}),
        names=frozenset(columns),
    )
    return Subject(name, tuple(files), words)


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def delete(root: Path, subject: Subject, dead: Dead) -> None:
    """Delete the own files, and remember what was in them."""
    for path in subject.files:
        if path.suffix == ".py":
            _remember(path, (root / path).read_text(), dead)
        (root / path).unlink()
    for folder in {path.parent for path in subject.files}:
        if folder.name == subject.name:
            rmtree(root / folder, ignore_errors=True)
            dead.modules.add(".".join(folder.parts))
    for folder in sorted({path.parent for path in subject.files}, reverse=True):
        if (root / folder).exists() and not any(_content(root / folder)):
            rmtree(root / folder)
            dead.modules.add(".".join(folder.parts))


def _content(folder: Path) -> Iterator[Path]:
    """Yield what a folder has beside its own description."""
    described = {"__init__.py", "README.md"}
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.name not in described:
            yield path


def _remember(path: Path, text: str, dead: Dead) -> None:
    module = _dotted(path)
    dead.modules.add(module)
    tree = cst.parse_module(text)
    imported = _imports(tree)
    for each in tree.body:
        if isinstance(each, cst.ClassDef):
            bases = [name_of(base.value) for base in each.bases if base.keyword is None]
            known = [(imported[base], base) for base in bases if base in imported]
            dead.bases[module, each.name.value] = [
                (source, base) for source, base in known if base != "Protocol"
            ]


def _imports(tree: cst.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in tree.body:
        if isinstance(line, cst.SimpleStatementLine):
            match line.body[0]:
                case cst.ImportFrom(module=module, names=[*names]):
                    found |= {dotted_name(each.name): dotted_name(module) for each in names}
    return found
