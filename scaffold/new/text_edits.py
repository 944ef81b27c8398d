"""Additions to Markdown and TOML, line by line."""

from scaffold.editing import Edit
from scaffold.errors import RefusedError


def line_after(anchor: str, line: str, *, blank: bool = True) -> Edit:
    """Add a line behind the last one of the paragraph that follows `anchor`, a heading.

    With `blank=False`, directly behind the anchor.
    """

    def edit(text: str) -> str:
        lines = _without(text, line)
        at = _place(lines, anchor)
        if blank:
            at += 1
            while at + 1 < len(lines) and lines[at + 1].strip():
                at += 1
        return "\n".join([*lines[: at + 1], line, *lines[at + 1 :]])

    return edit


def row_after(anchor: str, row: str, *, before: bool = False) -> Edit:
    """Add a row to a table, behind the row that begins with `anchor`, or before it."""

    def edit(text: str) -> str:
        lines = _without(text, row)
        at = _place(lines, anchor) + (not before)
        return "\n".join([*lines[:at], row, *lines[at:]])

    return edit


def in_cell(anchor: str, addition: str, *, among: str) -> Edit:
    """Add to a list within a cell, behind `anchor`, in the line that begins with `among`."""

    def edit(text: str) -> str:
        if addition in text:
            raise RefusedError(f"There is already: {addition}")
        lines = text.split("\n")
        for at, line in enumerate(lines):
            if line.startswith(among) and anchor in line:
                lines[at] = line.replace(anchor, f"{anchor}, {addition}", 1)
                return "\n".join(lines)
        raise RefusedError(f"The project is not as expected: no row has {anchor}.")

    return edit


def _without(text: str, line: str) -> list[str]:
    lines = text.split("\n")
    if line in lines:
        raise RefusedError(f"There is already: {line}")
    return lines


def _place(lines: list[str], anchor: str) -> int:
    for at, line in enumerate(lines):
        if line.startswith(anchor):
            return at
    raise RefusedError(f"The project is not as expected: no line begins with {anchor!r}.")
