"""Takes what is removed out of files that are not Python: contracts, lists of paths, pages."""

import io
import re
import tokenize
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from scaffold.declarations import FILE, SERVICES
from scaffold.remove.prose import cleaned, pages, without_items, without_marked
from scaffold.remove.words import Words

IsGone = Callable[[str], bool]
_UNREAD = (
    "CHANGELOG", "docs/adr/", "alembic/versions/", "findings/", "openapi.json", "scaffold/",
    "tests/bake/", "tests/unit/scaffold/",
)  # fmt: skip
_NO_TEXT = {".lock", ".svg", ".png"}
_TABLE_OF_TOOL = re.compile(r"\[tool\.")
_TABLES = re.compile(r"^(?=\[)", re.MULTILINE)
_NO_RESOURCES = re.compile(r"^resources = \[\]\n", re.MULTILINE)
_TARGET = re.compile(r"^([a-z0-9-]+):", re.MULTILINE)
_EMPTY_LIST = re.compile(r"^\w+ = \[[\s,]*\]\n", re.MULTILINE)


def _clean_declarations(root: Path, names: Iterable[str], is_gone: IsGone) -> None:
    """Take what is removed out of what other areas declare."""
    for path in sorted((root / SERVICES).glob(f"*/{FILE}")):
        text = path.read_text()
        gone = {each for each in re.findall(r'"([\w/.-]+)"', text) if is_gone(each)}
        _replace(path, declared_without(text, {*names, *gone}))


def declared_without(text: str, gone: Iterable[str]) -> str:
    """Return a declaration without names, and without what says nothing then."""
    for name in map(re.escape, gone):
        text = re.sub(rf'"{name}", |, "{name}"|"{name}"', "", text)
    head, *tables = _TABLES.split(_NO_RESOURCES.sub("", text))
    left = [_EMPTY_LIST.sub("", each) for each in tables]
    return "".join([head, *(each for each in left if "=" in each)]).rstrip() + "\n"


class Names(NamedTuple):
    """What is removed, by name."""

    areas: Collection[str]
    resources: Collection[str]
    variables: Collection[str]


def clean_texts(root: Path, words: Words, tracked: set[str], names: Names) -> None:
    """Clean every text file.

    Args:
        tracked: the paths that there were before.
    """
    subjects = {*names.areas, *names.resources}
    targets = _clean_targets(root / "Makefile", subjects)

    def is_gone(path: str) -> bool:
        folder = f"{path.rstrip('/')}/"
        was_there = path in tracked or any(each.startswith(folder) for each in tracked)
        return path in {*names.variables, *targets} or (was_there and not (root / path).exists())

    _clean_declarations(root, subjects, is_gone)
    _clean_contracts(root / "pyproject.toml", names.areas)
    _clean_protected(root)
    _clean_list(root / "tests/critical_paths.txt", is_gone)
    _clean_site(root / "zensical.toml", root / "docs")
    for page in pages(root):
        text = without_marked((root / page).read_text(), subjects)
        _replace(root / page, cleaned(text, words, is_gone, page))
    for path in sorted((root / "backend").rglob("*.py")):
        if words.may_be_in(path.read_text()):
            _replace(path, _without_items_in_texts(path.read_text(), words))


def _replace(path: Path, text: str) -> None:
    if text != path.read_text():
        path.write_text(text)


def _clean_contracts(path: Path, areas: Iterable[str]) -> None:
    """Take areas out of the contracts of import-linter."""
    text = path.read_text()
    for area in areas:
        text = re.sub(rf'^ *"\({area}\)",\n', "", text, flags=re.MULTILINE)
        text = re.sub(rf"\({area}\) \| | \| \({area}\)", "", text)
        text = re.sub(rf'^ *"backend\.services\.{area} : .*\n', "", text, flags=re.MULTILINE)
    _replace(path, text)


def _clean_protected(root: Path) -> None:
    """Take out of the contracts what nothing imports any more, and modules that are gone."""
    path = root / "pyproject.toml"
    code = "\n".join(each.read_text() for each in (root / "backend").rglob("*.py"))

    def is_there(module: str) -> bool:
        if module.startswith("backend."):
            found = root / module.replace(".", "/")
            return found.is_dir() or found.with_suffix(".py").is_file()
        return bool(re.search(rf"^ *(?:from|import) {module}\b", code, re.MULTILINE))

    tables = _TABLES.split(path.read_text())
    _replace(path, "".join(protecting(each, is_there) for each in tables))


def protecting(contract: str, is_there: Callable[[str], bool]) -> str:
    """Return a contract without protected modules that are gone; nothing if all are."""
    listed = re.search(r"^protected_modules = \[([^\]]*)\]", contract, re.MULTILINE)
    if listed is None:
        return contract
    named = re.findall(r'"([\w.]+)"', listed[1])
    gone = [each for each in named if not is_there(each)]
    if len(gone) == len(named):
        return ""
    left = listed[1]
    for each in map(re.escape, gone):
        left = re.sub(rf', "{each}"|"{each}",? ?', "", left)
    return contract.replace(listed[1], left)


def _clean_targets(path: Path, gone: Collection[str]) -> set[str]:
    """Take targets out of the Makefile. Returns them as they are called, such as `make docs`."""
    before = path.read_text()
    left = without_marked(before, gone)
    _replace(path, left)
    return {f"make {each}" for each in {*_TARGET.findall(before)} - {*_TARGET.findall(left)}}


def _clean_site(path: Path, folder: Path) -> None:
    """Take pages that are gone out of the navigation."""
    lines = path.read_text().splitlines(keepends=True)
    named = [re.search(r'"([\w/.-]+\.md)"', line) for line in lines]
    left = [
        line
        for line, page in zip(lines, named, strict=True)
        if page is None or (folder / page[1]).exists()
    ]
    _replace(path, "".join(left))


def clean_checked(root: Path) -> None:
    """Take folders without code out of what mypy checks."""
    path = root / "pyproject.toml"
    text = path.read_text()
    checked = re.search(r"^files = \[(.*)\]$", text, re.MULTILINE)
    folders = re.findall(r'"([^"]+)"', checked[1]) if checked else []
    for each in folders:
        if not (root / each).is_file() and not any((root / each).rglob("*.py")):
            text = text.replace(f', "{each}"', "")
    _replace(path, text)


def _clean_list(path: Path, is_gone: IsGone) -> None:
    """Take paths that are gone out of a list that has one in each line."""
    lines = path.read_text().splitlines(keepends=True)
    _replace(path, "".join(line for line in lines if not is_gone(line.strip())))


def _without_items_in_texts(code: str, words: Words) -> str:
    """Clean the docstrings and descriptions of a Python file."""
    lines = code.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(code).readline))):
        if token.type != tokenize.STRING or " " not in token.string:
            continue
        left = without_items(token.string, words)
        if left != token.string:
            (begin, column), (end, end_column) = token.start, token.end
            before, after = lines[begin - 1][:column], lines[end - 1][end_column:]
            lines[begin - 1 : end] = [before + left + after]
    return "".join(lines)


def still_mentioned(root: Path, words: Words, tracked: Iterable[str]) -> list[str]:
    """Return where the words still are, as `path:line: text`.

    Neither what is history is read, nor the commands that change projects.
    """
    pattern = re.compile(
        rf"(?<![\w-])(?:{'|'.join(re.escape(each) for each in sorted(words.texts))})(?![\w-])",
        re.IGNORECASE,
    )
    found = []
    for name in sorted(tracked):
        path = root / name
        if name.startswith(_UNREAD) or not path.is_file() or path.suffix in _NO_TEXT:
            continue
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{name}:{number}: {line.strip()}"
            for number, line in enumerate(lines, 1)
            if pattern.search(_TABLE_OF_TOOL.sub("", line))
        ]
    return found
