"""Reading a file from its headers to its end, into a spool."""

from collections.abc import Generator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from backend.models.imports import MOST_COLUMNS, ImportInputs
from backend.services.imports.cells import is_blank
from backend.services.imports.headers import HEADERS_ROW, Headers, read_headers
from backend.services.imports.parsing import RowParser
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
        numbered = enumerate(rows, start=HEADERS_ROW + 1)
        read = 0
        while True:
            chunk = list(islice(numbered, BATCH))
            filled = [(number, row) for number, row in chunk if not all(map(is_blank, row))]
            read += len(filled)
            spool.add([parsed for each in filled if (parsed := parser.parse(*each))])
            yield RowsRead(read, headers, parser.tally)
            if len(chunk) < BATCH:
                return
