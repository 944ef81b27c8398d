"""Reads a file from its headers to its end into a spool."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import NamedTuple

from backend.models.exchange.imports import MAX_COLUMNS, ImportInputs
from backend.services.exchange.imports.headers import HEADERS_ROW, Headers, read_headers
from backend.services.exchange.imports.parsing import ParsedRow, RowParser
from backend.services.exchange.imports.resources import RESOURCES
from backend.services.exchange.imports.spool import Spool
from backend.services.exchange.imports.tally import Tally
from backend.services.exchange.protocols import Cell, SheetError, SheetReader

BATCH = 500
"""The number of rows looked up and written together."""


class RowsRead(NamedTuple):
    """The state of reading: the rows so far, and their errors."""

    rows: int
    headers: Headers
    tally: Tally


def read_rows(
    reader: SheetReader,
    path: Path,
    media_type: str,
    inputs: ImportInputs,
    spool: Spool[Sequence[ParsedRow]],
) -> Generator[RowsRead | None, None, None]:
    """Put the valid rows into the spool in batches; yields after each. Blocks.

    Also yields None while nothing could be read yet, so that the caller can stop.

    Raises:
        SheetError, BadHeadersError
    """
    resource = RESOURCES[inputs.resource]
    parser: RowParser | None = None
    batch: list[ParsedRow] = []
    read = 0
    with reader(path, media_type, MAX_COLUMNS) as batches:
        for rows in batches:
            for number, cells in rows:
                if parser is None:
                    parser = RowParser(resource, _headers(number, cells, inputs))
                    continue
                read += 1
                if parsed := parser.parse(number, cells):
                    batch.append(parsed)
                if len(batch) == BATCH:
                    spool.add(batch)
                    batch = []
            yield RowsRead(read, parser.headers, parser.tally) if parser else None
    if parser is None:
        raise _no_headers()
    if batch:
        spool.add(batch)
    yield RowsRead(read, parser.headers, parser.tally)


def _headers(number: int, cells: Sequence[Cell], inputs: ImportInputs) -> Headers:
    if number != HEADERS_ROW:
        raise _no_headers()
    return read_headers(cells, RESOURCES[inputs.resource], inputs.mapping)


def _no_headers() -> SheetError:
    return SheetError("The first row is blank: it must contain the headers.")
