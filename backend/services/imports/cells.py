"""Cells of a spreadsheet, made into what a JSON body would say."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from backend.models.sheets import as_written
from backend.services.sheets import Cell

Read = Callable[[Cell], Any]

_FLAGS = {"true": True, "false": False}
_IDS = re.compile(r"[^\s,;\[\]\"]+")

SPREADSHEET_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}


def is_blank(cell: Cell) -> bool:
    return cell is None or cell == ""


def read_text(cell: Cell) -> str:
    """A text. Spreadsheets make numbers of what looks like one, such as a SKU."""
    if isinstance(cell, str):
        return as_written(cell)
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)


def read_trimmed(cell: Cell) -> str:
    return read_text(cell).strip()


def read_flag(cell: Cell) -> Any:
    """What is neither true nor false stays as it is, and is refused later."""
    return _FLAGS.get(cell.strip().lower(), cell) if isinstance(cell, str) else cell


def read_moment(cell: Cell) -> Any:
    """Spreadsheets know no time zones: what is a date and a time there is in UTC."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    return read_trimmed(cell)


def read_ids(cell: Cell) -> list[str]:
    """Ids with anything between them, or as JSON."""
    return _IDS.findall(read_text(cell))
