"""Takes what is removed out of prose: rows of tables, sections, and items of enumerations."""

import re
from collections.abc import Callable
from pathlib import Path

from scaffold.remove.words import Words

_HISTORY = ("CHANGELOG.md", "docs/adr/0")
_LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")


def pages(root: Path) -> list[Path]:
    """Return the pages that describe the project as it is now."""
    folders = ("docs", "backend", "tests", "benchmarks", "evaluations", "clients", "scaffold")
    found = [path for folder in folders for path in sorted((root / folder).rglob("*.md"))]
    found += sorted(root.glob("*.md"))
    relative = [path.relative_to(root) for path in found if "node_modules" not in path.parts]
    return [each for each in relative if not str(each).startswith(_HISTORY)]


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
    if line.lstrip().startswith(("| ", "- ", "* ")):
        first = line.split("|")[1].strip() if line.lstrip().startswith("|") else ""
        if re.fullmatch(r"`[^`]+`", first) and words.is_dead(first.strip("`")):
            return None
        if any(is_gone(_resolved(page, link)) for link, _ in _LINK.findall(first)):
            return None
        only = [re.fullmatch(r"`([\w./-]+)`", cell.strip()) for cell in line.split("|")]
        if any(each and (is_gone(_resolved(page, each[1])) or is_gone(each[1])) for each in only):
            return None
    for link, anchor in _LINK.findall(line):
        if is_gone(_resolved(page, link)):
            line = re.sub(rf"\[([^\]]*)\]\({re.escape(link + anchor)}\)", r"\1", line)
    named = re.findall(r"`([\w./-]+)`", line)
    gone = [each for each in named if is_gone(each) or is_gone(_resolved(page, each))]
    gone += [each for each in named if words.is_dead(each) and (":" in line or "/" in each)]
    gone += [each for each in re.findall(r"`([\w-]+:[\w-]+|/[\w-]+)`", line) if words.is_dead(each)]
    before = line
    for each in dict.fromkeys(gone):
        line = _without_item(line, f"`{each}`")
    if line != before and any(f"`{each}`" in line for each in gone):
        return _row(line, words, is_gone, page)
    if re.fullmatch(r"\|(?: *\|)+ *(?:[^|`]*\|)?", line) and gone:
        return None
    files = [each for each in named if is_gone(each) or is_gone(_resolved(page, each))]
    return _without_sentences(line, [f"`{each}`" for each in files])


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
