"""Takes what is removed out of prose: rows of tables, sections, and items of enumerations."""

import re
from collections.abc import Callable, Collection
from pathlib import Path

from scaffold.remove.words import Words

_HISTORY = ("CHANGELOG.md", "docs/adr/0")
_LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")
_NAMED = re.compile(r"`([\w./-]+)`")
_PERMISSION_OR_PATH = re.compile(r"`([\w-]+:[\w-]+|/[\w-]+)`")
_ONLY_LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)")
_ONLY_NAMES = re.compile(r"`[^`]+`(?:, `[^`]+`)*")
_MARKED = re.compile(
    r"^(?:<!--|#) needs: ([\w, ]+?)(?: -->)?\n.*?^(?:<!--|#) /needs(?: -->)?\n\n?"
    r"|^\| <!-- needs: ([\w, ]+) -->(?:(?!<!-- /needs -->).)*<!-- /needs --> \|\n"
    r"|<!-- needs: ([\w, ]+) -->.*?<!-- /needs -->",
    re.MULTILINE | re.DOTALL,
)
_ITEMS = ("| ", "- ", "* ")
_EMPTY_ROW = re.compile(r"\|(?: *\|)+ *(?:[^|`]*\|)?")


def pages(root: Path) -> list[Path]:
    """Return the pages that describe the project as it is now."""
    folders = ("docs", "backend", "tests", "benchmarks", "evaluations", "clients", "scaffold")
    found = [path for folder in folders for path in sorted((root / folder).rglob("*.md"))]
    found += sorted(root.glob("*.md"))
    relative = [path.relative_to(root) for path in found if "node_modules" not in path.parts]
    return [each for each in relative if not str(each).startswith(_HISTORY)]


def without_marked(text: str, gone: Collection[str]) -> str:
    """Leave out what stands between marks that name an area or a resource that is gone."""

    def left(found: re.Match[str]) -> str:
        needed = (found[1] or found[2] or found[3]).split(", ")
        return "" if any(each in gone for each in needed) else found[0]

    return _MARKED.sub(left, text)


def cleaned(text: str, words: Words, is_gone: Callable[[str], bool], page: Path) -> str:
    """Return a page without what is only about what is removed.

    Args:
        is_gone: whether a path, relative to the root of the project, was there and is not any more.
    """
    lines, left, fence = _without_sections(text.splitlines(), words), list[str](), False
    for line in lines:
        fence ^= line.lstrip().startswith("```")
        if fence:
            left.append(line)
            continue
        kept = _row(line, words, is_gone, page)
        if kept is not None:
            left.append(without_items(kept, words))
    return "\n".join(left) + ("\n" if text.endswith("\n") else "")


def _without_sections(lines: list[str], words: Words) -> list[str]:
    left, level = list[str](), 0
    for line in lines:
        heading = re.match(r"(#{2,6}) (.+)", line)
        if heading and (not level or len(heading[1]) <= level):
            level = len(heading[1]) if heading[2].strip().lower() in words.texts else 0
        if not level:
            left.append(line)
    return left


def _row(line: str, words: Words, is_gone: Callable[[str], bool], page: Path) -> str | None:
    """Return a line without what names files that are gone; None if nothing is left of it."""

    def names_gone(path: str) -> bool:
        return is_gone(path) or is_gone(_resolved(page, path))

    if line.lstrip().startswith(_ITEMS) and _is_about(line, words, names_gone):
        return None
    line = _without_links(line, names_gone)
    before, gone = line, _gone_in(line, words, names_gone)
    for each in gone:
        line = _without_item(line, each)
    if line != before and any(each in line for each in gone):
        return _row(line, words, is_gone, page)
    if gone and _EMPTY_ROW.fullmatch(line):
        return None
    files = [f"`{each}`" for each in _NAMED.findall(line) if names_gone(each)]
    return _without_sentences(line, files)


def _is_about(line: str, words: Words, names_gone: Callable[[str], bool]) -> bool:
    """Whether a row or an item begins with what is gone, or has a cell of that alone."""
    cells = [each.strip() for each in line.split("|")]
    first = cells[1] if line.lstrip().startswith("|") else ""
    matches = [_NAMED.fullmatch(each) or _ONLY_LINK.fullmatch(each) for each in cells]
    only = [found[1] for found in matches if found]
    if _ONLY_NAMES.fullmatch(first) and all(map(names_gone, re.findall(r"`([^`]+)`", first))):
        return True
    return (
        (re.fullmatch(r"`[^`]+`", first) is not None and words.is_dead(first.strip("`")))
        or any(names_gone(link) for link, _ in _LINK.findall(first))
        or any(map(names_gone, only))
    )


def _without_links(line: str, names_gone: Callable[[str], bool]) -> str:
    """Leave only the words of links that lead nowhere any more."""
    for link, anchor in _LINK.findall(line):
        if names_gone(link):
            line = re.sub(rf"\[([^\]]*)\]\({re.escape(link + anchor)}\)", r"\1", line)
    return line


def _gone_in(line: str, words: Words, names_gone: Callable[[str], bool]) -> list[str]:
    """Return what is gone of that which a line gives as code: files, permissions, paths."""
    named = _NAMED.findall(line)
    gone = [each for each in named if names_gone(each)]
    gone += [each for each in named if words.is_dead(each) and (":" in line or "/" in each)]
    gone += [each for each in _PERMISSION_OR_PATH.findall(line) if words.is_dead(each)]
    return [f"`{each}`" for each in dict.fromkeys(gone)]


def _without_sentences(line: str, gone: list[str]) -> str | None:
    """Return a line without the sentences, or the row, that still name what is gone."""
    if not any(each in line for each in gone):
        return line
    if line.lstrip().startswith("|"):
        return None
    sentences = re.split(r"(?<=[.:;]) (?=[A-Z`*])", line)
    left = " ".join(one for one in sentences if not any(each in one for each in gone))
    return left or None


def _resolved(page: Path, link: str) -> str:
    parts = list(page.parent.parts)
    for part in link.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def without_items(text: str, words: Words) -> str:
    """Take the words for it out of enumerations such as `customers, leads and products`."""
    singular = {each for each in words.texts if re.fullmatch(r"[a-z]+(?: [a-z]+)*", each)}
    for word in sorted(singular, key=len, reverse=True):
        for each in (f"a {word}", f"an {word}", word):
            text = _without_item(text, each)
    return text


def _without_item(text: str, item: str) -> str:
    plain = re.escape(item)
    begin = rf"(?<![\w`/.-]){plain}(?![\w`/-])" if not item.startswith("`") else plain
    text = re.sub(rf", {begin}(?= (?:and|or) )(?=[^.]*)", "", text, flags=re.IGNORECASE)
    text = re.sub(rf"(?<=, ){begin}, ", "", text, flags=re.IGNORECASE)
    text = re.sub(rf"(?i){begin}, (\w)(?=[^.|]*\b(?:and|or)\b)", _as_begun, text)
    text = re.sub(rf"([\w`)]+), ([^,.|]+) (and|or) {begin}", r"\1 \3 \2", text, flags=re.IGNORECASE)
    if item.startswith("`"):
        text = re.sub(rf"{begin}, (?=`)", "", text)
    return re.sub(rf", {begin}(?=[,|.;:)\n]| \||$)", "", text, flags=re.IGNORECASE)


def _as_begun(found: re.Match[str]) -> str:
    """The next item begins as the one that is gone did."""
    return found[1].upper() if found[0][0].isupper() else found[1]
