"""Reading a file from its headers to its end, into a spool."""

from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from backend.models.imports import MOST_COLUMNS, ImportInputs
from backend.services.imports.cells import is_blank
from backend.services.imports.headers import HEADERS_ROW, Headers, read_headers
from backend.services.imports.parsing import ParsedRow, RowParser
from backend.services.imports.resources import RESOURCES
from backend.services.imports.spool import Spool
from backend.services.imports.tally import Tally
from backend.services.sheets import SheetError, SheetReader

BATCH = 500
"""Rows that are looked up and written at once."""


class RowsRead(NamedTuple):
    """How far the file is read: the rows so far, and what is wrong with them."""

    rows: int
    headers: Headers
    tally: Tally


def read_rows(
    reader: SheetReader, path: Path, media_type: str, inputs: ImportInputs, spool: Spool
) -> Generator[RowsRead, None, None]:
    """Put the good rows into the spool, by batches; yields after each, and once at least. Blocks.

    Raises:
        SheetError, BadHeadersError
    """
    resource = RESOURCES[inputs.resource]
    with reader(path, media_type, MOST_COLUMNS) as rows:
        first = next(rows, ())
        if all(is_blank(cell) for cell in first):
            raise SheetError("The first row is blank: it has to hold the headers.")
        headers = read_headers(first, resource, inputs.mapping)
        parser = RowParser(resource, headers)
        batch: list[ParsedRow] = []
        read = 0
        # One by one: what was read may be much longer than what is valid.
        for number, row in enumerate(rows, start=HEADERS_ROW + 1):
            if not all(map(is_blank, row)):
                read += 1
                if parsed := parser.parse(number, row):
                    batch.append(parsed)
            if (number - HEADERS_ROW) % BATCH == 0:
                spool.add(batch)
                batch = []
                yield RowsRead(read, headers, parser.tally)
        spool.add(batch)
        yield RowsRead(read, headers, parser.tally)
