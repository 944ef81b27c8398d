"""What holds for every table, whatever it was read from."""

from collections.abc import Iterable, Iterator, Sequence

from backend.services.exchange.protocols import (
    MOST_CELL_CHARACTERS,
    MOST_ROWS,
    Cell,
    SheetError,
    SheetRow,
)

TOO_MANY_ROWS = f"There are more than {MOST_ROWS:,} rows: split the file."
_MOST_ROW_CHARACTERS = 2_000_000
_BATCH_ROWS = 500
_BATCH_CHARACTERS = 1_000_000


def batches_of(rows: Iterable[SheetRow], most_columns: int) -> Iterator[Sequence[SheetRow]]:
    """The rows that are not blank, some at a time. Raises SheetError for what is too large."""
    batch: list[SheetRow] = []
    filled = characters = 0
    for number, cells in rows:
        length = _check(number, cells, most_columns)
        if length == 0:
            continue
        filled += 1
        if filled > MOST_ROWS + 1:
            raise SheetError(TOO_MANY_ROWS)
        batch.append(SheetRow(number, cells[:most_columns]))
        characters += length
        if len(batch) == _BATCH_ROWS or characters > _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    yield batch


def _check(number: int, cells: Sequence[Cell], most_columns: int) -> int:
    """About how many characters a row has. 0: it is blank."""
    length = 0
    for column, cell in enumerate(cells, start=1):
        if cell is None or cell == "":
            continue
        if column > most_columns:
            raise SheetError(f"Row {number:,} has more than {most_columns} columns: remove some.")
        size = len(cell) if isinstance(cell, str) else 1
        if size > MOST_CELL_CHARACTERS:
            raise SheetError(
                f"The cell in row {number:,}, column {column} has more than "
                f"{MOST_CELL_CHARACTERS:,} characters: shorten it."
            )
        length += size
    if length > _MOST_ROW_CHARACTERS:
        raise SheetError(
            f"Row {number:,} has more than {_MOST_ROW_CHARACTERS:,} characters: shorten it."
        )
    return length
