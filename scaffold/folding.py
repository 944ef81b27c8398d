"""Folds texts that long names have made too long for a line, as black leaves them."""

import io
import textwrap
import tokenize

_WIDTH = 100
_QUOTES = '"""'


def folded(source: str) -> str:
    """Return a module whose docstrings, and texts that have a line for themselves, fit."""
    lines = source.splitlines()
    for token in reversed([*tokenize.generate_tokens(io.StringIO(source).readline)]):
        if token.type == tokenize.STRING:
            first, last = token.start[0] - 1, token.end[0]
            lines[first:last] = _folded(lines[first:last], token.string)
    return "\n".join(lines) + "\n"


def _folded(lines: list[str], text: str) -> list[str]:
    if all(len(line) <= _WIDTH for line in lines):
        return lines
    indent = _indent_of(lines[0])
    behind = lines[0].strip().removeprefix(text)
    if text.startswith(_QUOTES):
        return [part for line in lines for part in _wrapped(line, _WIDTH, _indent_of(line))]
    if text.startswith('"') and behind in {"", ","}:
        room = _WIDTH - len(f'{indent}" "{behind}')
        *parts, rest = _wrapped(text[1:-1], room, "")
        return [*(f'{indent}"{part} "' for part in parts), f'{indent}"{rest}"{behind}']
    return lines


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [text]


def _indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
