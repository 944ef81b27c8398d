"""Converts cells of a spreadsheet into the values of a JSON body."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from backend.models.exchange.sheets import as_written
from backend.models.platform.characters import UNSEEN, without_marks
from backend.services.exchange.protocols import Cell

Read = Callable[[Cell], Any]

_FLAGS = {"true": True, "false": False}
_IDS = re.compile(r"[^\s,;\[\]\"]+")


def is_blank(cell: Cell) -> bool:
    return cell is None or cell == ""


def read_text(cell: Cell) -> str:
    """Read a text. Spreadsheets turn texts that look like numbers, such as a SKU, into numbers."""
    if isinstance(cell, str):
        return as_written(cell) if cell.startswith("'") else cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        # In a spreadsheet, a date is midnight.
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    return str(cell)


def read_trimmed(cell: Cell) -> str:
    return read_text(cell).strip(UNSEEN)


def read_amount(cell: Cell) -> Any:
    """Read an amount. Numbers are exact; texts may have separators, see `plain_amount`."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return Decimal(str(cell))
    return read_trimmed(cell)


def read_flag(cell: Cell) -> Any:
    """Read a flag. Other values are returned unchanged, and refused later."""
    return _FLAGS.get(cell.strip(UNSEEN).lower(), cell) if isinstance(cell, str) else cell


def read_moment(cell: Cell) -> Any:
    """Read a date and time. Spreadsheets have no time zones: values are in UTC."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    return read_trimmed(cell)


def read_ids(cell: Cell) -> list[str]:
    """Read ids separated by any punctuation, or a JSON array."""
    return _IDS.findall(without_marks(read_text(cell)))
