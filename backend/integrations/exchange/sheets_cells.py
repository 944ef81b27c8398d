"""Copies single cells of a worksheet: their type and text, without what calamine can't take."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

_MAX_DIGITS = 15
"""The precision of numbers in a spreadsheet."""

_LETTERS = 26
_PLACE = re.compile(r"\$?([A-Za-z]{1,3})\$?[0-9]*")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_TEXTS = {"str", "inlineStr"}
_FLAGS = {"1": 1, "true": 1, "0": 0, "false": 0}

_NOT_CALCULATED = (
    "The formula has no value, as no program has calculated it: open the file in a spreadsheet "
    "program and save it, or write the value."
)
_TOO_MANY_DIGITS = (
    f"The number has more than {_MAX_DIGITS} digits, and a spreadsheet keeps no more: format the "
    "cell as text, and write the number again."
)


class CellCopy:
    def __init__(self, namespace: str, digits: Mapping[str, int], fault_mark: str) -> None:
        """`digits` are those of styles that fill up with zeros.

        `fault_mark` stands before the message of a cell that has no value to use.
        """
        self._digits = digits
        self._value, self._formula = f"{namespace}v", f"{namespace}f"
        self._inline, self._run, self._text = f"{namespace}is", f"{namespace}r", f"{namespace}t"
        self._mark = fault_mark

    def copy(self, cell: ET.Element) -> str:
        """The attributes and the content of the copy; nothing for a blank cell."""
        kind, value, has_formula = cell.get("t", "n"), None, False
        for part in cell:
            if part.tag == self._value and kind != "inlineStr":
                value = part.text or ""
            elif part.tag == self._inline and kind == "inlineStr":
                value = self._text_of(part)
            elif part.tag == self._formula:
                has_formula = True
        if kind == "e":
            return self._fault(
                f"The cell contains the error {value or '#N/A'}: correct the formula."
            )
        if value:
            return self._content(kind, value, cell.get("s", ""))
        # Only a text may be empty once it was calculated.
        is_missing = has_formula and (value is None or kind not in _TEXTS)
        return self._fault(_NOT_CALCULATED) if is_missing else ""

    def _content(self, kind: str, value: str, style: str) -> str:
        match kind:
            case "s":
                return f't="s"><v>{int(value)}</v>'
            case "b" if value.strip() in _FLAGS:
                return f't="b"><v>{_FLAGS[value.strip()]}</v>'
            case "d":
                return _moment(value)
            case "str" | "inlineStr":
                return _text(value)
        return self._number(value, style)

    def _number(self, value: str, style: str) -> str:
        number = value.strip()
        if not _NUMBER.fullmatch(number):
            return _text(value)
        may_be_large = len(number) > _MAX_DIGITS or "e" in number.lower()
        if may_be_large and abs(float(number)) >= 10**_MAX_DIGITS:
            # Written by a program that is not a spreadsheet, it is whole.
            return _text(number) if number.isdigit() else self._fault(_TOO_MANY_DIGITS)
        if style in self._digits and number.isdigit():
            return _text(number.zfill(self._digits[style]))
        return f's="{style}"><v>{number}</v>' if style.isdecimal() else f"><v>{number}</v>"

    def _fault(self, message: str) -> str:
        return _text(self._mark + message)

    def _text_of(self, content: ET.Element) -> str:
        """Remove phonetic readings."""
        texts = []
        for part in content:
            if part.tag == self._text:
                texts.append(part.text or "")
            elif part.tag == self._run:
                texts += [each.text or "" for each in part if each.tag == self._text]
        return "".join(texts)


def _text(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # XML turns a bare carriage return into a line feed.
    escaped = escaped.replace("\r", "&#13;")
    return f't="str"><v>{escaped}</v>'


def _moment(value: str) -> str:
    """A date alone begins at midnight. With an offset it is left as a text, which has that."""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return _text(value)
    return _text(value) if moment.tzinfo else f't="d"><v>{moment.isoformat()}</v>'


@lru_cache(maxsize=4096)
def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = _LETTERS * number + ord(letter) - ord("A") + 1
    return number


def column_of(place: str | None) -> int | None:
    """Return the column: 2 for `B7`. None if it is not the name of a cell."""
    found = _PLACE.fullmatch(place) if place else None
    return _column(found[1]) if found else None


@lru_cache(maxsize=4096)
def letters_of(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters
