"""Cells of a spreadsheet, made into what a JSON body would say."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from backend.models.exchange.sheets import as_written
from backend.models.platform.characters import trimmed, without_marks
from backend.services.exchange.protocols import Cell

Read = Callable[[Cell], Any]

_FLAGS = {"true": True, "false": False}
_IDS = re.compile(r"[^\s,;\[\]\"]+")


def is_blank(cell: Cell) -> bool:
    return cell is None or cell == ""


def read_text(cell: Cell) -> str:
    """A text. Spreadsheets make numbers of what looks like one, such as a SKU."""
    if isinstance(cell, str):
        return as_written(cell)
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        # To a spreadsheet, a date is midnight.
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    return str(cell)


def read_trimmed(cell: Cell) -> str:
    return trimmed(read_text(cell))


def read_amount(cell: Cell) -> Any:
    """A number is exact; a text may be written as people do, and is for `plain_amount`."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return Decimal(str(cell))
    return read_trimmed(cell)


def read_flag(cell: Cell) -> Any:
    """What is neither true nor false stays as it is, and is refused later."""
    return _FLAGS.get(trimmed(cell).lower(), cell) if isinstance(cell, str) else cell


def read_moment(cell: Cell) -> Any:
    """Spreadsheets know no time zones: what is a date there, with or without a time, is in UTC."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    return read_trimmed(cell)


def read_ids(cell: Cell) -> list[str]:
    """Ids with anything between them, or as JSON."""
    return _IDS.findall(without_marks(read_text(cell)))
