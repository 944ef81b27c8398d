"""Messages of the process that reads XLSX files: batches of rows as JSON, or an error."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backend.services.exchange.protocols import Cell, CellFault, SheetError, SheetRow

TOO_LARGE = "The file takes too much memory or time to read: split it, or send CSV."
BROKEN = "The file can't be read as XLSX: save it again in a spreadsheet program, or as CSV."
END = b""
NO_ROOM = 75
"""The exit code when the temporary folder is full."""


def as_message(content: Sequence[SheetRow] | str) -> bytes:
    """Of a batch, or of a text for the person who has sent the file."""
    return json.dumps(content, default=_as_object, ensure_ascii=False).encode()


def batch_in(message: bytes) -> list[SheetRow]:
    """Raises SheetError if the message is an error."""
    content = json.loads(message, object_hook=_as_cell)
    if isinstance(content, str):
        raise SheetError(content)
    return [SheetRow(number, cells) for number, cells in content]


def _as_object(value: Any) -> dict[str, str]:
    if isinstance(value, CellFault):
        return {"fault": value.message}
    return {"moment": value.isoformat()}


def _as_cell(value: dict[str, str]) -> Cell:
    if "fault" in value:
        return CellFault(value["fault"])
    return datetime.fromisoformat(value["moment"])
