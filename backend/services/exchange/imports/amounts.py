"""Amounts as people write them: 1.000,50 and 1,000.50 and 1 000,50 are the same."""

import re

from backend.models.platform.characters import without_marks

_GROUP = 3
_MARKS = re.compile("[.,]")
_AS_TYPED = str.maketrans("\u2019\u02bc\u00b4`\u2212", "''''-")
_PARTS = re.compile(r"([+-]?)([0-9][0-9.,' ]*)")


class AmbiguousAmountError(Exception):
    """The text is for the person who wrote the amount."""


def plain_amount(text: str, decimals: int | None) -> str:
    """Return the amount as in JSON. Other texts are returned unchanged, and refused later.

    A single point or comma before three digits may separate thousands or decimals. It counts as the
    latter if only that makes sense: as in 0.500 and 1234.500, or in 1.500 of a currency with three
    `decimals`, as exports write it.

    Raises:
        AmbiguousAmountError: it may mean two amounts.
    """
    written = re.sub(r"\s", " ", without_marks(text)).translate(_AS_TYPED)
    found = _PARTS.fullmatch(written)
    if found is None or (point := _decimal_mark(found[2], text, decimals)) is None:
        return text
    whole, _, fraction = found[2].partition(point) if point else (found[2], "", "")
    if not _is_grouped(whole, point):
        return text
    digits = re.sub("[^0-9]", "", whole)
    return f"{found[1]}{digits}.{fraction}" if point else f"{found[1]}{digits}"


def _decimal_mark(number: str, text: str, decimals: int | None) -> str | None:
    """Return the decimal separator, or a blank without decimals; None if not a number."""
    marks = _MARKS.findall(number)
    last = marks[-1] if marks else ""
    if len(set(marks)) > 1:
        return last if marks.count(last) == 1 else None
    if len(marks) != 1:
        return ""
    whole, _, fraction = number.partition(last)
    if "'" in number or " " in number or not _may_part_thousands(whole, fraction):
        return last
    if last == "." and decimals == _GROUP:
        return last
    raise AmbiguousAmountError(
        f'"{text}" may mean {whole}{fraction} or {whole}.{fraction.rstrip("0"):0<2}: write it '
        f"without a mark between thousands, and with a point before decimals, as {whole}{fraction}"
        ".00."
    )


def _may_part_thousands(whole: str, fraction: str) -> bool:
    return len(fraction) == _GROUP and 0 < len(whole) <= _GROUP and not whole.startswith("0")


def _is_grouped(whole: str, point: str) -> bool:
    """Whether thousands are separated consistently, or not at all."""
    marks = set(re.sub("[0-9]", "", whole))
    if not marks:
        return True
    first, *groups = re.split("[^0-9]", whole)
    return (
        len(marks) == 1
        and point not in marks
        and 0 < len(first) <= _GROUP
        and all(len(group) == _GROUP for group in groups)
    )
